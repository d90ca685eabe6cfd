import type { ServerOptions } from 'node:http2';

/** What one HTTP/2 connection may hold, and for how long. */
export interface Http2Limits {
  /** Most requests under way at once on one connection. */
  readonly maxStreams: number;
  /** Largest header section of a request, as RFC 9113, section 6.5.2, counts it. */
  readonly maxHeaderBytes: number;
  /** Longest time for a request to arrive, in milliseconds; also for the first request of a connection. */
  readonly requestTimeoutMs: number;
  /** Longest time from the beginning of a request to the end of its answer, in milliseconds. */
  readonly callTimeoutMs: number;
  /** Time between two PINGs; a connection that has not answered one by the next is ended, in milliseconds. */
  readonly pingIntervalMs: number;
  /** How long a connection may be without a request, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Age at which a connection takes no further requests, in milliseconds, give or take a tenth. */
  readonly maxAgeMs: number;
}

/** What Node may use for one session, in units of one million bytes: what is above is refused by nghttp2's own means. */
const SESSION_MEMORY_MB = 10;

/**
 * The part of the limits that Node enforces by itself. The size of the header section counts only when the client has
 * acknowledged it, so {@link guardHttp2} looks at it too.
 */
export function toServerOptions({ maxStreams, maxHeaderBytes }: Http2Limits): ServerOptions {
  return {
    maxSessionMemory: SESSION_MEMORY_MB,
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeaderBytes },
  };
}
