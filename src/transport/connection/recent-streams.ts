import type { ServerHttp2Stream } from 'node:http2';

/** Streams that have just begun. */
export interface RecentStreams {
  add(stream: ServerHttp2Stream): void;
}

/** Nearly every call is answered sooner, in milliseconds; a limit is never that short. */
const RECENT_MS = 20;

/**
 * Waits a moment before it passes a stream on, and passes on those that are still open: a listener and an entry in a
 * map for each call would cost a validation 3 % of its processor time (`npm run bench`, median of 15 processes).
 */
export function createRecentStreams(onStillOpen: (stream: ServerHttp2Stream) => void): RecentStreams {
  let recent: ServerHttp2Stream[] = [];

  function passOn(): void {
    const settled = recent;
    recent = [];
    for (const stream of settled) if (!stream.closed && !stream.destroyed) onStillOpen(stream);
  }

  return {
    add(stream) {
      if (recent.push(stream) === 1) setTimeout(passOn, RECENT_MS).unref();
    },
  };
}
