/** The process's monotonic clock, in the hands of a test. */
export interface MonotonicClock {
  /** Moves it on. */
  advance(ms: number): void;
  /** Gives it back to the system. */
  restore(): void;
}

export function takeMonotonicClock(): MonotonicClock {
  const original = performance.now;
  let nowMs = 1_000_000;
  performance.now = () => nowMs;
  return {
    advance(ms) {
      nowMs += ms;
    },
    restore() {
      performance.now = original;
    },
  };
}
