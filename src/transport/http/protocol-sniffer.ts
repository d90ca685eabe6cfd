import type { Socket } from 'node:net';

/** RFC 9113, section 3.4: what a client with prior knowledge of HTTP/2 sends first. No HTTP/1 request begins so. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/**
 * Looks at the first bytes of a connection and gives them back before it hands the connection on.
 *
 * @param timeoutMs how long the first bytes may take; then the connection is closed
 */
export function sniffProtocol(socket: Socket, timeoutMs: number, onKnown: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);

  function onReadable(): void {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, HTTP2_PREFACE.length);
    const mayBeHttp2 = seen.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length));
    if (mayBeHttp2 && length < HTTP2_PREFACE.length) return;
    finish();
    socket.unshift(seen);
    onKnown(mayBeHttp2);
  }

  function finish(): void {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('error', close);
    socket.off('end', close);
    socket.off('close', finish);
  }

  function close(): void {
    finish();
    socket.destroy();
  }

  socket.on('readable', onReadable);
  socket.on('error', close);
  socket.on('end', close);
  socket.on('close', finish);
}
