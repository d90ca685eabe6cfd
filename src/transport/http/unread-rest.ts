import type { ServerResponse } from 'node:http';
import type { HttpRequest, HttpResponse } from './request.ts';

/**
 * The rest of a request that was refused before its end is unwanted: over HTTP/1.1 it would block the next request of
 * the connection, which therefore ends; over HTTP/2 it would hold the stream open, and is read and forgotten.
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
