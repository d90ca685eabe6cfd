import { createServer as createHttp1Server, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { boundConnections } from '../connection/bounded-connections.ts';
import type { ConnectionObserver } from '../connection/connection-observer.ts';
import { LATE_GRACE_MS } from '../connection/http2-connection.ts';
import { guardHttp2, type Http2Guard } from '../connection/http2-guard.ts';
import { type Http2Limits, toServerOptions } from '../connection/http2-limits.ts';
import { closeLingering } from '../connection/lingering-close.ts';
import { ListenError, type Listener } from '../listener.ts';
import { sniffProtocol } from './protocol-sniffer.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './request.ts';

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly limits: Http2Limits;
  readonly observer: ConnectionObserver;
  readonly refusals: HttpRefusals;
}

/** How requests are refused that Node does not hand to the handler. Texts are the bytes of a whole HTTP/1.1 response. */
export interface HttpRefusals {
  /** What is not even a request, or did not come in time. */
  readonly malformed: (error: NodeJS.ErrnoException) => string;
  /** An `Expect` that is not `100-continue` (RFC 9110, section 10.1.1). */
  readonly expectation: HttpHandler;
  /** CONNECT over HTTP/2. */
  readonly tunnel: HttpHandler;
  /** CONNECT over HTTP/1.1. */
  readonly tunnelText: () => string;
}

const CLOSE_IDLE_INTERVAL_MS = 20;

/**
 * Serves HTTP/1.1 and HTTP/2 without TLS on one port: the first bytes of a connection show which.
 *
 * @throws ListenError
 */
export async function listenHttp(handler: HttpHandler, options: HttpListenerOptions): Promise<Listener> {
  const { limits, observer, refusals } = options;
  const serve: HttpHandler = (request, response) => {
    listenForErrors(request, response);
    handler(request, response);
  };
  const http1 = createHttp1(serve, options);
  const http2 = createHttp2Server(toServerOptions(limits), serve);
  http2.on('checkExpectation', refusals.expectation);
  http2.on('connect', refusals.tunnel);
  const guard = guardHttp2(http2, { limits, observer });
  const silent = shareConnections(http1, http2, limits.requestTimeoutMs);
  boundConnections(http1, options.maxConnections, observer);
  const port = await listen(http1, options);
  return { port, drain: () => drain(http1, guard, silent), abort: () => abort(http1, guard) };
}

async function drain(http1: Server, guard: Http2Guard, silent: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => http1.close(() => resolve()));
  guard.close();
  for (const socket of silent) socket.destroy();
  // A kept-alive connection becomes idle only when its last answer is out.
  const closeIdle = setInterval(() => http1.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS);
  await closed;
  clearInterval(closeIdle);
  guard.stop();
}

function abort(http1: Server, guard: Http2Guard): void {
  http1.closeAllConnections();
  guard.destroy();
}

/**
 * A request or a response reports that its connection was lost by an `error` event, which ends the process where
 * nothing listens (https://github.com/nodejs/node/pull/28677): its handler may have stopped listening by then, as
 * connect-node has when it refuses a request before it reads the body.
 */
function listenForErrors(request: HttpRequest, response: HttpResponse): void {
  const ignore = () => undefined;
  request.on('error', ignore);
  response.on('error', ignore);
}

function createHttp1(serve: HttpHandler, { limits, refusals }: HttpListenerOptions): Server {
  const { requestTimeoutMs, callTimeoutMs, maxHeaderBytes } = limits;
  /** The response to the newest request of each connection. */
  const newest = new WeakMap<object, ServerResponse>();
  const server = createHttp1Server(
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

/**
 * The HTTP/1 server listens, so that its time limits and idle connections are tended; it gets what is not HTTP/2.
 *
 * @returns the connections that have not said anything yet
 */
function shareConnections(http1: Server, http2: Http2Server, sniffTimeoutMs: number): ReadonlySet<Socket> {
  const [serveHttp1] = http1.listeners('connection') as ((socket: Socket) => void)[];
  if (serveHttp1 === undefined) throw new Error('node:http no longer serves connections through a listener');
  const silent = new Set<Socket>();

  http1.removeAllListeners('connection');
  http1.on('connection', (socket: Socket) => {
    silent.add(socket);
    const heard = () => silent.delete(socket);
    socket.once('close', heard);
    sniffProtocol(socket, sniffTimeoutMs, (isHttp2) => {
      heard();
      if (isHttp2) {
        socket.allowHalfOpen = false;
        http2.emit('connection', socket);
      } else serveHttp1.call(http1, socket);
    });
  });
  return silent;
}

function listen(server: Server, { host, port }: HttpListenerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new ListenError('HTTP_PORT', host, port, error));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
