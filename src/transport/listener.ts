/** A server that listens on a port. */
export interface Listener {
  /** The port that it really listens on. */
  readonly port: number;
  /** Stops accepting, lets running calls finish, and resolves when all have. */
  drain(): Promise<void>;
  /** Ends at once whatever still runs. */
  abort(): void;
}

/**
 * Lets the running calls of all listeners finish, and ends at once what still runs after `timeoutMs` milliseconds.
 *
 * @param onLate called when calls are ended so
 */
export async function closeListeners(
  listeners: readonly Listener[],
  timeoutMs: number,
  onLate: () => void,
): Promise<void> {
  const abort = setTimeout(() => {
    onLate();
    for (const listener of listeners) listener.abort();
  }, timeoutMs);
  await Promise.all(listeners.map((listener) => listener.drain()));
  clearTimeout(abort);
}

/** An address that cannot be listened on. The message is one line for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(portVariable: string, host: string, port: number, cause: unknown) {
    super(`${portVariable}: cannot listen on ${host} port ${port}: ${reasonFor(cause)}`, { cause });
  }
}

function reasonFor(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (message.includes('EADDRINUSE')) return 'the port is in use';
  if (message.includes('EACCES')) return 'permission denied';
  return message;
}
