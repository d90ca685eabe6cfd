import { describeOperation, type History, type Operation } from './history.ts';

/** A promise that a history shows to be broken. */
export interface Violation {
  /** The name of the rule. */
  readonly rule: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** The operations that prove it; the last one is the one that should not have been answered so. */
  readonly operations: readonly [Operation, ...Operation[]];
}

/** The violation with its operations, for a reader. */
export function describeViolation({ rule, message, operations }: Violation): string {
  return [`${rule}: ${message}`, ...operations.map((operation) => `  ${describeOperation(operation)}`)].join('\n');
}

/** When the violation was complete, on the history's clock. */
export function endOf({ operations }: Violation): number {
  return Math.max(...operations.map(({ endMs }) => endMs));
}

/** How many operations had ended when the first of the violations was complete; undefined when there is none. */
export function operationsUntilFirst(history: History, violations: readonly Violation[]): number | undefined {
  if (violations.length === 0) return undefined;
  const firstMs = violations.reduce((earliest, violation) => Math.min(earliest, endOf(violation)), Infinity);
  return history.filter(({ endMs }) => endMs <= firstMs).length;
}
