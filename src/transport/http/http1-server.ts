import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LATE_GRACE_MS } from '../connection/http2-connection.ts';
import type { Http2Limits } from '../connection/http2-limits.ts';
import { closeLingering } from '../connection/lingering-close.ts';
import type { HttpRefusals } from './refusals.ts';
import type { HttpHandler } from './request.ts';

/** Makes a server of HTTP/1.1 whose limits are those of HTTP/2, and which refuses in the form of the service. */
export function createHttp1Server(
  serve: HttpHandler,
  { requestTimeoutMs, callTimeoutMs, maxHeaderBytes }: Http2Limits,
  refusals: HttpRefusals,
): Server {
  /** The response to the newest request of each connection. */
  const newest = new WeakMap<object, ServerResponse>();
  const server = createServer(
    {
      // The handler's own limit is the first to end a body, and answers in the form that the path asks for.
      requestTimeout: requestTimeoutMs + LATE_GRACE_MS,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, 1000),
      maxHeaderSize: maxHeaderBytes,
      // Node would answer without a body; the handler answers in the service's own form.
      requireHostHeader: false,
    },
    (request: IncomingMessage, response) => {
      newest.set(request.socket, response);
      // Node's parser takes what follows a request with `Upgrade` for another protocol and drops it, although nothing
      // is upgraded: a request that a client has pipelined there would be answered by the answer to the next one.
      if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
      serve(request, response);
    },
  );
  // A client that takes no answers holds its connection otherwise, since the limits above are for requests.
  server.setTimeout(callTimeoutMs + LATE_GRACE_MS);
  server.on('checkExpectation', refusals.expectation);
  server.on('connect', (_request, socket) => closeLingering(socket, refusals.tunnelText()));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = () => {
      if (socket.writable && error.code !== 'ECONNRESET') closeLingering(socket, refusals.malformed(error));
      else socket.destroy();
    };
    // What follows a whole request is answered after it.
    const response = newest.get(socket);
    if (response?.req.complete && !response.writableFinished) response.once('close', answer);
    else answer();
  });
  return server;
}
