/** A wait that can be ended early. */
export interface Pause {
  /** Resolves after `ms` milliseconds, or when {@link Pause.end} is called. */
  wait(ms: number): Promise<void>;
  /** Ends the waits that are under way. */
  end(): void;
}

export function createPause(): Pause {
  const waiting = new Set<() => void>();
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve();
        };
        const timer = setTimeout(end, Math.max(0, ms));
        waiting.add(end);
      }),
    end() {
      for (const end of [...waiting]) end();
    },
  };
}
