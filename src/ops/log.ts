import { createLogOutput } from './log-output.ts';
import { createLogger, droppedLine, type Logger, type Redaction } from './logger.ts';
import { createRepeatedLines, type RepeatedLines } from './repeated-lines.ts';
import { openStandardOutput } from './standard-output.ts';

/** Standard output, as the whole service writes to it. */
export interface Log {
  readonly logger: Logger;
  /** For whatever calls can cause, or a server behind that fails: at most one line a second of each kind. */
  readonly repeated: RepeatedLines;
  /** Writes plain text, hiding nothing. */
  print(text: string): void;
  /** Writes what is held back or waits; to be called when the process exits, however it does. Waits half a second at most. */
  close(): void;
}

export interface LogOptions {
  readonly level: string;
  readonly redaction: Redaction;
  /** Most text that waits for a reader of standard output, in bytes. */
  readonly maxQueuedBytes: number;
  /** Is called for each line that was dropped because too much waited. */
  readonly onDropped: () => void;
}

const REPEAT_INTERVAL_MS = 1_000;

/** Logs to standard output. Logging never waits and never fails, whether or not anything reads there. */
export function createLog({ level, redaction, maxQueuedBytes, onDropped }: LogOptions): Log {
  const output = createLogOutput({ open: openStandardOutput, maxQueuedBytes, onDropped, droppedLine });
  const logger = createLogger(level, redaction, output);
  const repeated = createRepeatedLines(logger, { intervalMs: REPEAT_INTERVAL_MS });
  return {
    logger,
    repeated,
    print: (text) => output.write(text),
    close() {
      repeated.close();
      output.flush();
    },
  };
}
