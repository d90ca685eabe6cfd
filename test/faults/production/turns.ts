/** Runs a task as soon as it is its turn. */
export type InTurn = <T>(task: () => Promise<T>) => Promise<T>;

/** Tasks begin in the order in which they were given, at most `limit` at once. */
export function createTurns(limit: number): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (task) => {
    if (running < limit) running++;
    // The one that ends passes its place on.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
