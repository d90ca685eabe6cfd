/** What the log says of an error: nothing that a library may have hung on it, such as a command with a password. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
  readonly cause?: LoggedError;
  /** Of an aggregated error. */
  readonly errors?: readonly LoggedError[];
}

type Redact = (text: string) => string;

interface Context {
  readonly redact: Redact;
  errorsLeft: number;
}

/** Of all causes and aggregated errors together; they may go round in a circle. */
const MAX_ERRORS = 16;
/** Messages may hold what a server, or a caller, has sent. */
const MAX_MESSAGE_LENGTH = 2_000;
const MAX_STACK_LENGTH = 8_000;

/**
 * Reduces anything that was thrown to its type, message, stack and code, and so its causes and what it aggregates.
 * Other members stay out: ioredis hangs the failed command with its arguments on an error, also that of AUTH
 * (https://github.com/redis/ioredis/issues/1713), and the MongoDB driver its whole view of the servers. Never throws.
 *
 * @param redact hides secrets, before long texts are shortened
 */
export function toLoggedError(thrown: unknown, redact: Redact): LoggedError {
  try {
    return describe(thrown, { redact, errorsLeft: MAX_ERRORS });
  } catch {
    return { type: 'unknown', message: 'what was thrown cannot be read' };
  }
}

interface DriverError extends Error {
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly commitError?: unknown;
}

function describe(thrown: unknown, context: Context): LoggedError {
  if (context.errorsLeft-- === 0) return { type: 'more', message: 'further errors are left out' };
  const shorten = (text: string, maxLength: number) => cut(context.redact(text), maxLength);
  if (!(thrown instanceof Error)) {
    return { type: typeof thrown, message: shorten(describeOther(thrown), MAX_MESSAGE_LENGTH) };
  }
  // lmdb 3.5 has a name of its own for the cause of a commit that failed.
  const { code, errors, commitError, cause = commitError } = thrown as DriverError;
  return {
    type: shorten(String(thrown.name), MAX_MESSAGE_LENGTH),
    message: shorten(String(thrown.message), MAX_MESSAGE_LENGTH),
    ...(typeof thrown.stack === 'string' && { stack: shorten(thrown.stack, MAX_STACK_LENGTH) }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(hasRoom(context) && cause !== undefined && { cause: describe(cause, context) }),
    ...(Array.isArray(errors) && { errors: describeAll(errors, context) }),
  };
}

function describeAll(errors: readonly unknown[], context: Context): LoggedError[] {
  const described: LoggedError[] = [];
  for (const error of errors) {
    if (!hasRoom(context)) break;
    described.push(describe(error, context));
  }
  return described;
}

/** Whether one more may be described, be it only to say that the rest is left out. */
function hasRoom({ errorsLeft }: Context): boolean {
  return errorsLeft >= 0;
}

/** An object that is no error may hold anything: only texts and the like are logged. */
function describeOther(thrown: unknown): string {
  if (typeof thrown === 'object' || typeof thrown === 'function') return 'what was thrown is not an error';
  return String(thrown);
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
