import type { ServiceProcess } from './service-process.ts';

/** One line of the log. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly msg: string;
}

/** The lines that the service has logged so far. */
export function logLines(service: ServiceProcess): LogLine[] {
  return parseLog(service.output().stdout);
}

/** The log lines among what was written. */
export function parseLog(text: string): LogLine[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as LogLine);
}
