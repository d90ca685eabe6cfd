import type { Duplex } from 'node:stream';

/** Time for the client to read the last answer and to close its side, in milliseconds. */
export const LINGER_MS = 2_000;

/**
 * Sends the last bytes of a connection and closes it. What still comes is read and forgotten, since closing with unread
 * bytes would reset the connection and could destroy the answer (RFC 9112, section 9.6); a client that stays is not
 * waited for longer than {@link LINGER_MS}.
 */
export function closeLingering(socket: Duplex, lastBytes: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(lastBytes);
  socket.resume();
}
