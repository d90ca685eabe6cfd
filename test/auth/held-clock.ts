import { mock } from 'node:test';

/** Time that stands still until it is moved: the wall clock, the monotonic clock and the timers together. */
export interface HeldClock {
  /** Moves time on, and runs the timers that are due then. */
  advance(ms: number): void;
  /** Lets time run again. */
  release(): void;
}

/** Holds the time of this process, from now on. */
export function holdClock(): HeldClock {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.now() });
  const origin = Date.now();
  const monotonic = mock.method(performance, 'now', () => Date.now() - origin + 1);
  return {
    advance: (ms) => mock.timers.tick(ms),
    release() {
      monotonic.mock.restore();
      mock.timers.reset();
    },
  };
}
