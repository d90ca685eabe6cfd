/** The time of a simulated world: it stands still until it is passed to the next moment at which something is due. */
export interface SimulatedTime {
  nowMs(): number;
  /** How many callbacks are due at some time. */
  readonly waiting: number;
  /** Calls back once, `ms` milliseconds from now, unless it is cancelled before. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Passes to the next moment at which something is due. Returns false, and does nothing, where nothing is. */
  pass(): boolean;
}

interface Due {
  readonly atMs: number;
  readonly callback: () => void;
}

export function createSimulatedTime(): SimulatedTime {
  // Far from zero: what takes a missing time for zero shows itself.
  let nowMs = 1_000_000;
  const waiting = new Set<Due>();

  return {
    nowMs: () => nowMs,
    get waiting() {
      return waiting.size;
    },

    after(ms, callback) {
      const due: Due = { atMs: nowMs + Math.max(0, ms), callback };
      waiting.add(due);
      return () => waiting.delete(due);
    },

    pass() {
      let nextMs = Number.POSITIVE_INFINITY;
      for (const { atMs } of waiting) nextMs = Math.min(nextMs, atMs);
      if (nextMs === Number.POSITIVE_INFINITY) return false;
      nowMs = nextMs;
      for (const due of [...waiting]) {
        if (due.atMs > nowMs) continue;
        waiting.delete(due);
        due.callback();
      }
      return true;
    },
  };
}
