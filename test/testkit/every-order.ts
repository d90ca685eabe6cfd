import { type Change, type History, precedes, type ValidateOperation } from '../../testkit/history/history.ts';
import type { Guarantee } from '../../testkit/history/world.ts';

/**
 * Whether a small history of one merchant may be shown, by trying every order of its calls: slow, and as plain as the
 * promise. The verdicts must be valid, REVOKED or NOT_FOUND, of keys that were made.
 */
export function mayBeShown(history: History, guarantee: Guarantee): boolean {
  const changes = history.filter((operation) => operation.kind !== 'validate');
  const verdicts = history.filter((operation) => operation.kind === 'validate');
  if (guarantee === 'linearizable') return someOrder([...changes, ...verdicts], isRightSequence);
  return someOrder(changes, (order) => verdicts.every((verdict) => isRightStrictly(verdict, order)));
}

/** Whether there is an order of the successful and any of the failed ones that keeps to real time and is right. */
function someOrder<T extends Change | ValidateOperation>(
  operations: readonly T[],
  isRight: (order: readonly T[]) => boolean,
  order: readonly T[] = [],
): boolean {
  const missing = operations.filter((operation) => !order.includes(operation));
  if (missing.every(({ outcome }) => outcome !== 'ok') && isRight(order)) return true;
  return missing.some((next) => {
    const isInTime = !missing.some((other) => other !== next && other.outcome === 'ok' && precedes(other, next));
    return isInTime && someOrder(operations, isRight, [...order, next]);
  });
}

/** One call after the other, each at one instant. */
function isRightSequence(order: readonly (Change | ValidateOperation)[]): boolean {
  let active: string | undefined;
  for (const operation of order) {
    if (operation.kind === 'revoke') active = undefined;
    else if (operation.kind === 'generate') active = operation.keyId;
    else if ((operation.keyId === active) !== operation.verdict?.valid) return false;
  }
  return true;
}

/** The changes have their effects in this order, each as early as it can. */
function isRightStrictly(verdict: ValidateOperation, order: readonly Change[]): boolean {
  const made = order.findIndex((change) => change.kind === 'generate' && change.keyId === verdict.keyId);
  const later = order.slice(made + 1);
  if (verdict.verdict?.valid === true) {
    return !later.some((change) => change.outcome === 'ok' && precedes(change, verdict));
  }
  const effectMs = Math.max(...order.slice(0, made + 2).map(({ startMs }) => startMs));
  return later.length > 0 && effectMs <= verdict.endMs;
}
