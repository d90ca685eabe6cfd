import type { MonotonicClock } from '../src/core/clock.ts';

/** A monotonic clock that stands still until it is moved. */
export interface ManualClock extends MonotonicClock {
  /** Moves it on, and ends the sleeps that are over then. */
  advance(ms: number): void;
  /** When the next sleep ends; undefined while nothing sleeps. */
  nextWakeMs(): number | undefined;
}

export function createManualClock(): ManualClock {
  // Far from zero: what takes a missing time for zero shows itself.
  let nowMs = 1_000_000;
  const sleeps = new Set<{ readonly endMs: number; readonly end: () => void }>();

  return {
    nowMs: () => nowMs,

    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const sleep = {
          endMs: nowMs + Math.max(0, ms),
          end() {
            signal.removeEventListener('abort', sleep.end);
            sleeps.delete(sleep);
            resolve();
          },
        };
        signal.addEventListener('abort', sleep.end);
        sleeps.add(sleep);
      }),

    advance(ms) {
      nowMs += ms;
      for (const sleep of [...sleeps].sort((a, b) => a.endMs - b.endMs)) if (sleep.endMs <= nowMs) sleep.end();
    },

    nextWakeMs: () => (sleeps.size === 0 ? undefined : Math.min(...[...sleeps].map(({ endMs }) => endMs))),
  };
}
