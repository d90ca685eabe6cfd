import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { ConnectionObserver } from './connection-observer.ts';
import { Http2Connection, LATE_GRACE_MS } from './http2-connection.ts';
import type { Http2Limits } from './http2-limits.ts';
import { keepNativeSession } from './native-session.ts';
import { createRecentStreams } from './recent-streams.ts';

/** Keeps the HTTP/2 connections of a server within their limits. */
export interface Http2Guard {
  /** Lets running streams finish, and takes no others. */
  close(): void;
  /** Ends all connections. */
  destroy(): void;
  /** Looks after them no longer. */
  stop(): void;
}

export interface Http2GuardOptions {
  readonly limits: Http2Limits;
  readonly observer: ConnectionObserver;
  /** Whether the answer on this path may last as long as its connection. */
  readonly isUnlimited?: (path: string) => boolean;
  /** Called before the server sees a stream; may correct the headers that it is given. */
  readonly onHeaders?: (headers: IncomingHttpHeaders, rawHeaders: readonly string[]) => void;
  /** Answers a request that has not arrived in time, where its handler does not; afterwards its stream is ended. */
  readonly answerLate?: (stream: ServerHttp2Stream) => void;
}

type StreamListener = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
) => void;

/** Longest time after which a passed limit is noticed, in milliseconds, and as a part of the limit. */
const MAX_CHECK_INTERVAL_MS = 1_000;
const CHECKS_IN_A_LIMIT = 4;
/** A check that comes later than this has waited for a pause of the process. */
const PAUSE_IN_CHECKS = 2;
/** RFC 9113, section 6.5.2: what each field counts beside its name and its value. */
const FIELD_OVERHEAD_BYTES = 32;

/** Watches all connections that the server will have. Its stream listeners must be there already. */
export function guardHttp2(server: Http2Server, options: Http2GuardOptions): Http2Guard {
  const { limits, observer } = options;
  const connections = new Map<ServerHttp2Session, Http2Connection>();
  const graceMs = options.answerLate === undefined ? LATE_GRACE_MS : 0;
  /** Streams whose answer may last as long as their connection. */
  const unlimited = new WeakSet<ServerHttp2Stream>();
  const isUnlimited = (stream: ServerHttp2Stream) => unlimited.has(stream);
  const recent = createRecentStreams((stream) => {
    connections.get(stream.session as ServerHttp2Session)?.add(stream, performance.now());
  });
  trackSessions(server, connections, limits);
  admitStreams(server, options, (stream, path) => {
    connections.get(stream.session as ServerHttp2Session)?.noteRequest();
    recent.add(stream);
    if (options.isUnlimited?.(path)) unlimited.add(stream);
  });

  const intervalMs = checkIntervalMs(limits);
  let checkedAtMs = performance.now();

  function check(): void {
    const nowMs = performance.now();
    // After a pause of this process, what clients sent meanwhile is still to be read: no client is late yet.
    const hasPaused = nowMs - checkedAtMs > PAUSE_IN_CHECKS * intervalMs;
    checkedAtMs = nowMs;
    if (hasPaused) return;
    for (const connection of connections.values()) {
      for (const [stream, reason] of connection.lateStreams(nowMs, graceMs, isUnlimited)) {
        if (reason === 'request_timeout' && !stream.headersSent) options.answerLate?.(stream);
        stream.close(constants.NGHTTP2_CANCEL);
        observer.ended(reason);
      }
      const reason = connection.check(nowMs);
      if (reason !== undefined) observer.ended(reason);
    }
  }

  const timer = setInterval(check, intervalMs).unref();
  return {
    close() {
      for (const connection of connections.values()) connection.close();
    },
    destroy() {
      for (const connection of connections.values()) connection.destroy();
    },
    stop: () => clearInterval(timer),
  };
}

function checkIntervalMs({ requestTimeoutMs, pingIntervalMs, idleTimeoutMs, maxAgeMs }: Http2Limits): number {
  const shortestMs = Math.min(requestTimeoutMs, pingIntervalMs, idleTimeoutMs, maxAgeMs);
  return Math.min(MAX_CHECK_INTERVAL_MS, shortestMs / CHECKS_IN_A_LIMIT);
}

function trackSessions(
  server: Http2Server,
  connections: Map<ServerHttp2Session, Http2Connection>,
  limits: Http2Limits,
): void {
  /** Node makes the session of a connection before this event is over, and has no public way to say whose it is. */
  let accepted: Socket | undefined;
  server.prependListener('connection', (socket: Socket) => {
    accepted = socket;
  });
  server.on('session', (session) => {
    if (accepted === undefined) throw new Error('node:http2 made a session without a connection');
    const connection = new Http2Connection(session, accepted, limits, performance.now());
    connections.set(session, connection);
    outliveGoaway(session, connection);
    keepNativeSession(session, accepted);
    accepted.once('close', () => connections.delete(session));
  });
}

/**
 * A client that says GOAWAY takes no streams of the service's, and may go on with its own (RFC 9113, section 6.8). Node
 * closes the session all the same, in the midst of what it reads; a request that comes in the same segment is then
 * refused on a stream that is being freed. That ends the process by a failed assertion (Node 24.21,
 * `current_nghttp2_memory_`), or leaves a session that never ends. Here the next check closes it, when nothing runs on it.
 */
function outliveGoaway(session: ServerHttp2Session, connection: Http2Connection): void {
  session.on('goaway', (code) => {
    if (code !== constants.NGHTTP2_NO_ERROR) return;
    connection.noteLeaving();
    // Node calls it right after this event; the next call is the real one again.
    session.close = () => void Reflect.deleteProperty(session, 'close');
  });
}

/**
 * Puts a check before the listeners that serve streams. A stream that was reset, or whose connection failed, in the
 * same segment in which it was opened is none of theirs: Node's own answer to `Expect: 100-continue` and grpc-js' to an
 * unknown method throw on it where no code of ours can catch it (https://github.com/nodejs/node/issues/29529,
 * https://github.com/grpc/grpc-node/issues/1871).
 */
function admitStreams(
  server: Http2Server,
  { limits, observer, onHeaders }: Http2GuardOptions,
  onAdmitted: (stream: ServerHttp2Stream, path: string) => void,
): void {
  const [serve, second] = server.listeners('stream') as StreamListener[];
  if (serve === undefined || second !== undefined) {
    throw new Error('the HTTP/2 server no longer serves streams through one listener');
  }
  server.removeAllListeners('stream');

  server.on('stream', (stream, headers, flags, rawHeaders) => {
    if (stream.destroyed || stream.closed || stream.session === undefined) return ignoreErrors(stream);
    if (headerBytes(rawHeaders) > limits.maxHeaderBytes) {
      observer.ended('headers_too_large');
      ignoreErrors(stream);
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    onHeaders?.(headers, rawHeaders);
    onAdmitted(stream, headers[':path'] ?? '');
    serve.call(server, stream, headers, flags, rawHeaders);
  });
}

/** A stream without a listener for its error would end the process with it. */
function ignoreErrors(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
}

function headerBytes(rawHeaders: readonly string[]): number {
  let bytes = (FIELD_OVERHEAD_BYTES * rawHeaders.length) / 2;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}
