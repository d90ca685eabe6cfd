import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { EndReason } from './connection-observer.ts';
import type { Http2Limits } from './http2-limits.ts';
import { LINGER_MS } from './lingering-close.ts';

/** How far an age may differ from the limit, so that connections of one moment do not end in one moment. */
const AGE_JITTER = 0.1;
/** Time for a client to acknowledge the settings, if a request does not have less, in milliseconds. */
const SETTINGS_TIMEOUT_MS = 10_000;
/** Time that a transport's own answer to what is late has before the stream or connection is ended, in milliseconds. */
export const LATE_GRACE_MS = 1_000;
/** RFC 9113, section 6.8: streams in transit when the GOAWAY is sent are still served. */
const ANY_STREAM = 2 ** 31 - 1;

/** One HTTP/2 connection, with what it takes to end it in time. */
export class Http2Connection {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #limits: Http2Limits;
  readonly #openedAtMs: number;
  readonly #maxAgeMs: number;
  /** Streams that are open for some time, oldest first, and when they began. */
  readonly #streams = new Map<ServerHttp2Stream, number>();
  #isUsed = false;
  #isLeaving = false;
  #hadStream = false;
  #busyAtMs: number;
  #closingAtMs: number | undefined;
  #overAtMs: number | undefined;
  #pingedAtMs: number;
  #isPingUnanswered = false;

  constructor(session: ServerHttp2Session, socket: Socket, limits: Http2Limits, nowMs: number) {
    this.#session = session;
    this.#socket = socket;
    this.#limits = limits;
    this.#openedAtMs = nowMs;
    this.#busyAtMs = nowMs;
    this.#pingedAtMs = nowMs;
    this.#maxAgeMs = limits.maxAgeMs * (1 + AGE_JITTER * (2 * Math.random() - 1));
  }

  /** A request came. Called for every call. */
  noteRequest(): void {
    this.#isUsed = true;
  }

  /** A stream is still open after a moment. */
  add(stream: ServerHttp2Stream, nowMs: number): void {
    this.#streams.set(stream, nowMs);
    stream.once('close', () => this.#streams.delete(stream));
  }

  /** Its client has said that it will leave. */
  noteLeaving(): void {
    this.#isLeaving = true;
  }

  /** Lets running streams finish and takes no others. */
  close(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
    this.#session.close();
  }

  /** Ends it with all its streams. */
  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  /**
   * Ends the connection where a limit is passed.
   *
   * @returns the limit, where it was passed just now
   */
  check(nowMs: number): EndReason | undefined {
    const isIdle = !this.#isUsed && this.#streams.size === 0;
    if (!isIdle) this.#noteUse(nowMs);
    else if (this.#isLeaving) this.close();
    const isOver = this.#session.destroyed || (this.#session.closed && this.#streams.size === 0);
    if (isOver) return this.#checkLingering(nowMs);
    this.#overAtMs = undefined;
    const reason = this.#session.closed ? this.#reasonToEndClosing(nowMs) : this.#reasonToDestroy(nowMs);
    if (reason !== undefined) {
      this.destroy();
      return reason;
    }
    return this.#session.closed ? undefined : (this.#checkAge(nowMs) ?? this.#ping(nowMs));
  }

  /**
   * Streams that have passed a limit.
   *
   * @param graceMs time that the transport has to answer a request that is late, in milliseconds
   * @param isUnlimited whether an answer may last as long as the connection
   */
  *lateStreams(
    nowMs: number,
    graceMs: number,
    isUnlimited: (stream: ServerHttp2Stream) => boolean,
  ): Iterable<readonly [ServerHttp2Stream, EndReason]> {
    const { requestTimeoutMs, callTimeoutMs } = this.#limits;
    for (const [stream, startedAtMs] of this.#streams) {
      if (stream.closed) continue;
      const ageMs = nowMs - startedAtMs;
      if (ageMs > callTimeoutMs + LATE_GRACE_MS && !isUnlimited(stream)) yield [stream, 'call_timeout'];
      else if (ageMs > requestTimeoutMs + graceMs && !hasArrived(stream)) yield [stream, 'request_timeout'];
    }
  }

  /**
   * Once a GOAWAY was exchanged, Node waits without limit for the client to close its side
   * (https://github.com/nodejs/node/issues/57611).
   */
  #checkLingering(nowMs: number): EndReason | undefined {
    this.#overAtMs ??= nowMs;
    if (this.#socket.destroyed || nowMs - this.#overAtMs < LINGER_MS) return undefined;
    this.destroy();
    return 'lingering';
  }

  /** After a GOAWAY of either side calls may finish; a PING can no longer show whether the client is there. */
  #reasonToEndClosing(nowMs: number): EndReason | undefined {
    this.#closingAtMs ??= nowMs;
    return nowMs - this.#closingAtMs > this.#limits.callTimeoutMs + LATE_GRACE_MS ? 'lingering' : undefined;
  }

  #reasonToDestroy(nowMs: number): EndReason | undefined {
    const openForMs = nowMs - this.#openedAtMs;
    const { requestTimeoutMs, pingIntervalMs } = this.#limits;
    const settingsTimeoutMs = Math.min(SETTINGS_TIMEOUT_MS, requestTimeoutMs);
    if (!this.#hadStream && openForMs > requestTimeoutMs) return 'silent';
    if (this.#session.pendingSettingsAck && openForMs > settingsTimeoutMs) return 'settings_timeout';
    if (this.#isPingUnanswered && nowMs - this.#pingedAtMs > pingIntervalMs) return 'ping_timeout';
    return undefined;
  }

  #noteUse(nowMs: number): void {
    this.#isUsed = false;
    this.#hadStream = true;
    this.#busyAtMs = nowMs;
  }

  #checkAge(nowMs: number): EndReason | undefined {
    const isOld = nowMs - this.#openedAtMs > this.#maxAgeMs;
    if (!isOld && nowMs - this.#busyAtMs <= this.#limits.idleTimeoutMs) return undefined;
    this.close();
    return isOld ? 'max_age' : 'idle';
  }

  /** In the middle of a frame a client cannot answer: that is how a half frame is noticed. */
  #ping(nowMs: number): undefined {
    if (this.#isPingUnanswered || nowMs - this.#pingedAtMs < this.#limits.pingIntervalMs) return;
    this.#isPingUnanswered = true;
    this.#pingedAtMs = nowMs;
    this.#session.ping(() => {
      this.#isPingUnanswered = false;
    });
  }
}

/** Whether the client has sent the whole request, read or not. */
function hasArrived(stream: ServerHttp2Stream): boolean {
  const { state } = stream.state;
  return state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE || stream.readableEnded;
}
