import { createServer as createHttp1Server, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { ListenError, type Listener } from '../listener.ts';
import { sniffProtocol } from './protocol-sniffer.ts';
import type { HttpHandler } from './request.ts';

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Longest time that a request may take to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
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
 * Serves HTTP/1.1 and HTTP/2 without TLS on one port: the first bytes of a connection tell which.
 *
 * @throws ListenError
 */
export async function listenHttp(handler: HttpHandler, options: HttpListenerOptions): Promise<Listener> {
  const http1 = createHttp1(handler, options);
  const http2 = createHttp2Server({}, handler);
  http2.on('checkExpectation', options.refusals.expectation);
  http2.on('connect', options.refusals.tunnel);
  const sessions = trackSessions(http2);
  const silent = shareConnections(http1, http2, options.requestTimeoutMs);
  const port = await listen(http1, options);

  return {
    port,
    async drain() {
      const closed = new Promise<void>((resolve) => http1.close(() => resolve()));
      for (const session of sessions) session.close();
      for (const socket of silent) socket.destroy();
      // A kept-alive connection becomes idle only when its last answer is out.
      const closeIdle = setInterval(() => http1.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS);
      await closed;
      clearInterval(closeIdle);
    },
    abort() {
      http1.closeAllConnections();
      for (const session of sessions) session.destroy();
    },
  };
}

function createHttp1(handler: HttpHandler, options: HttpListenerOptions): Server {
  const { requestTimeoutMs } = options;
  /** The response to the newest request of each connection. */
  const newest = new WeakMap<object, ServerResponse>();
  const server = createHttp1Server(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, 1000),
      // Node would answer without a body; the handler answers in the service's own form.
      requireHostHeader: false,
    },
    (request, response) => {
      newest.set(request.socket, response);
      handler(request, response);
    },
  );
  server.on('checkExpectation', options.refusals.expectation);
  server.on('connect', (_request, socket) => socket.end(options.refusals.tunnelText()));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = () => {
      if (socket.writable && error.code !== 'ECONNRESET') socket.end(options.refusals.malformed(error));
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

function trackSessions(server: Http2Server): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  return sessions;
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
