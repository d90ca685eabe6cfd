import { destination, type Logger, pino, stdSerializers } from 'pino';

export type { Logger } from 'pino';

/** A JWT in compact form: its first part is base64url of a JSON object, which may begin with white space. */
const JWT = /(?:eyJ[\w-]+|e(?:yA|wk|wo|w0)[\w-]{16,})\.[\w-]+\.[\w-]*/g;

/**
 * Logs JSON lines to standard output, each written before the call returns, so that none is lost at the end.
 *
 * @param redactKeys hides API keys: they and tokens are hidden in every line, should one ever get into a message
 */
export function createLogger(level: string, redactKeys: (text: string) => string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.errWithCause },
      hooks: { streamWrite: (line) => redactKeys(line).replace(JWT, '[redacted]') },
    },
    destination({ fd: 1, sync: true }),
  );
}
