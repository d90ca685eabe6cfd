import { setTimeout as delay } from 'node:timers/promises';

/** Monotonic time, passed to what needs it: a test holds it and moves it. */
export interface MonotonicClock {
  /** The time since an arbitrary moment, in milliseconds. It is never set back. */
  nowMs(): number;
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this process. */
export const SYSTEM_CLOCK: MonotonicClock = {
  nowMs: () => performance.now(),
  async sleep(ms, signal) {
    // Rejects only where the signal is aborted.
    await delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
  },
};
