import type { MonotonicClock } from '../../core/clock.ts';

/** Stops asking what does not answer, for a while. */
export interface CircuitBreaker {
  /** Whether to ask now. After the pause, one request at a time may try. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
}

export interface CircuitBreakerOptions {
  readonly clock: MonotonicClock;
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** How long it stays open, in milliseconds. */
  readonly openMs: number;
}

/** Closed, then open after `threshold` failures in a row, then half-open: the usual three states. */
export function createCircuitBreaker({ clock, threshold, openMs }: CircuitBreakerOptions): CircuitBreaker {
  let failuresInARow = 0;
  let openUntilMs = 0;

  return {
    allows() {
      if (failuresInARow < threshold) return true;
      const nowMs = clock.nowMs();
      if (nowMs < openUntilMs) return false;
      openUntilMs = nowMs + openMs;
      return true;
    },
    succeeded() {
      failuresInARow = 0;
    },
    failed() {
      failuresInARow++;
      if (failuresInARow >= threshold) openUntilMs = clock.nowMs() + openMs;
    },
  };
}
