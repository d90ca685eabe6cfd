import { type Logger as PinoLogger, pino } from 'pino';
import type { LogOutput } from './log-output.ts';
import { toLoggedError } from './logged-error.ts';
import { redactJsonLine } from './secret-redaction.ts';

export type Logger = PinoLogger;

/** What is hidden in every line, should it ever get into one. */
export interface Redaction {
  /** Hides API keys. */
  readonly keys: (text: string) => string;
  /** Hides what the configuration keeps secret, such as the password of Redis. */
  readonly secrets: (text: string) => string;
}

/** A JWT in compact form: its first part is base64url of a JSON object, which may begin with white space. */
const JWT = /(?:eyJ[\w-]+|e(?:yA|wk|wo|w0)[\w-]{16,})\.[\w-]+\.[\w-]*/g;

/** Logs JSON lines to the output. Keys, tokens and secrets are hidden in every line; of errors, only what is known. */
export function createLogger(level: string, redaction: Redaction, output: Pick<LogOutput, 'write'>): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      errorKey: 'error',
      // Redacted here too, before long texts are shortened: a part of a secret would not be found any more.
      serializers: { error: (thrown) => toLoggedError(thrown, (text) => redactText(text, redaction)) },
      hooks: { streamWrite: (line) => redactTokens(redaction.keys(redactJsonLine(line, redaction.secrets))) },
    },
    output,
  );
}

/** Hides keys, tokens and secrets in a text that is no line of JSON. */
export function redactText(text: string, { keys, secrets }: Redaction): string {
  return redactTokens(keys(secrets(text)));
}

/** The line for lines that were dropped, in the logger's own form. It is written at every level. */
export function droppedLine(count: number): string {
  const message = 'log lines were dropped: standard output did not take them';
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), count, msg: message })}\n`;
}

function redactTokens(text: string): string {
  return text.replace(JWT, '[redacted]');
}
