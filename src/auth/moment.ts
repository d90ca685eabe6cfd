/** A moment by both clocks, since each of them alone can hide time. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The clock of this process. */
export function readMoment(): Moment {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/**
 * Milliseconds from one moment to a later one: the longer of what the two clocks say. The monotonic clock may stand
 * still while the machine sleeps, and the wall clock may be set back; what has to end in time must not trust either.
 */
export function elapsedMs(since: Moment, now: Moment): number {
  return Math.max(now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs);
}
