import type { History, Operation } from './history.ts';

/** How many operations there were of each kind and answer. */
export type Tally = Readonly<Record<string, number>>;

/** Counts a history, on top of what was counted before. */
export function tally(history: History, before: Tally = {}): Tally {
  const counts: Record<string, number> = { ...before };
  for (const operation of history) {
    const name = `${operation.kind} ${answerOf(operation)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** All of them together. */
export function total(counts: Tally): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function answerOf(operation: Operation): string {
  if (operation.kind !== 'validate' || operation.verdict === undefined) return operation.outcome;
  return operation.verdict.valid ? 'valid' : operation.verdict.reason;
}
