import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/**
 * Keeps what is native of a session from being collected until its socket is closed.
 *
 * Node frees a stream that was reset before it was served only in the next phase of the event loop, and counts the
 * headers of that stream as memory of its session. A session that is destroyed in the same phase can be collected before
 * that: its destructor then finds memory that is still counted, and ends the process by a failed assertion (Node 24.21,
 * `current_nghttp2_memory_`). When the socket says that it is closed, those streams are gone.
 */
export function keepNativeSession(session: ServerHttp2Session, socket: Socket): void {
  const native = nativeSession(session);
  socket.once('close', () => setImmediate(() => void native));
}

function nativeSession(session: ServerHttp2Session): object {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  const native: unknown = key === undefined ? undefined : Reflect.get(session, key);
  if (typeof native !== 'object' || native === null) throw new Error('node:http2 made a session without a native one');
  return native;
}
