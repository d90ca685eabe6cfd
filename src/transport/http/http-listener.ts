import type { Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { boundConnections } from '../connection/bounded-connections.ts';
import type { ConnectionObserver } from '../connection/connection-observer.ts';
import { guardHttp2, type Http2Guard } from '../connection/http2-guard.ts';
import { type Http2Limits, toServerOptions } from '../connection/http2-limits.ts';
import { ListenError, type Listener } from '../listener.ts';
import { createHttp1Server } from './http1-server.ts';
import { sniffProtocol } from './protocol-sniffer.ts';
import type { HttpRefusals } from './refusals.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './request.ts';
import { endWithUnreadRest } from './unread-rest.ts';

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly limits: Http2Limits;
  readonly observer: ConnectionObserver;
  readonly refusals: HttpRefusals;
}

const CLOSE_IDLE_INTERVAL_MS = 20;

/**
 * Serves HTTP/1.1 and HTTP/2 without TLS on one port: the first bytes of a connection show which.
 *
 * @throws ListenError
 */
export async function listenHttp(handler: HttpHandler, options: HttpListenerOptions): Promise<Listener> {
  const { limits, observer } = options;
  const serve = withEndOfRequest(handler);
  const refusals = {
    ...options.refusals,
    expectation: withEndOfRequest(options.refusals.expectation),
    tunnel: withEndOfRequest(options.refusals.tunnel),
  };
  const http1 = createHttp1Server(serve, limits, refusals);
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

/** Sees to what is left of a request, and to its lost connection, whatever the handler does. */
function withEndOfRequest(handler: HttpHandler): HttpHandler {
  return (request, response) => {
    listenForErrors(request, response);
    endWithUnreadRest(request, response);
    handler(request, response);
  };
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
