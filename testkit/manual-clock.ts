import type { Moment } from '../src/auth/moment.ts';
import type { MonotonicClock } from '../src/core/clock.ts';

/** Time that stands still until it is moved: the monotonic clock and the wall clock together. */
export interface ManualClock extends MonotonicClock {
  /** The time by both clocks; the wall clock shows the real time of the clock's creation, plus what it was moved. */
  moment(): Moment;
  /** Sets the wall clock alone, as after the machine was asleep. */
  setWall(wallMs: number): void;
  /** Moves both on, and ends the sleeps that are over then. */
  advance(ms: number): void;
  /** When the next sleep ends; undefined while nothing sleeps. */
  nextWakeMs(): number | undefined;
}

export function createManualClock(): ManualClock {
  // Far from zero: what takes a missing time for zero shows itself.
  let nowMs = 1_000_000;
  let wallMs = Date.now();
  const sleeps = new Set<{ readonly endMs: number; readonly end: () => void }>();

  return {
    nowMs: () => nowMs,
    moment: () => ({ wallMs, monotonicMs: nowMs }),

    setWall(ms) {
      wallMs = ms;
    },

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
      wallMs += ms;
      for (const sleep of [...sleeps].sort((a, b) => a.endMs - b.endMs)) if (sleep.endMs <= nowMs) sleep.end();
    },

    nextWakeMs: () => (sleeps.size === 0 ? undefined : Math.min(...[...sleeps].map(({ endMs }) => endMs))),
  };
}
