import type { ServerResponse } from 'node:http';
import type { HttpRequest, HttpResponse } from './request.ts';

/**
 * What becomes of the rest of a request that is answered before its end, which is not needed any more. Every request of
 * the port goes through here before it is handled, so that no handler has to think of it.
 *
 * - Over HTTP/1.1 the rest would block, or pass for, the next request of the connection, which therefore ends.
 * - Over HTTP/2 it would hold the connection's window and the stream open, so it is read and forgotten.
 */
export function endWithUnreadRest(request: HttpRequest, response: HttpResponse): void {
  if ('stream' in request) {
    const { stream } = request;
    // Once the bytes have no reader, Node's own listener would stop the stream at the next bytes.
    stream.once('finish', () => stream.readableEnded || stream.removeAllListeners('data').resume());
  } else {
    const http1 = response as ServerResponse;
    const writeHead = http1.writeHead.bind(http1) as (...parts: unknown[]) => ServerResponse;
    http1.writeHead = (...parts: unknown[]) => {
      if (!request.complete) http1.shouldKeepAlive = false;
      return writeHead(...parts);
    };
  }
}
