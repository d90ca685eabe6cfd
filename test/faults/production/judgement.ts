import { checkHistory } from '../../../testkit/history/checker.ts';
import {
  type Change,
  describeOperation,
  type History,
  type KeyId,
  precedes,
  type ValidateOperation,
} from '../../../testkit/history/history.ts';
import { sortHistory } from '../../../testkit/history/merchant-history.ts';
import { describeViolation } from '../../../testkit/history/violation.ts';
import type { FaultResult, OutcomeCounts } from './fault-result.ts';

/** A time in which a fault lasted, on the history's clock. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What callers saw in these times, and how long successful Revokes took in them. */
export function describeCalls(history: History, spans: readonly TimeSpan[]): Pick<FaultResult, 'during' | 'revokeMs'> {
  const seen = history.filter(({ startMs, endMs }) => {
    return spans.some(({ fromMs, toMs }) => endMs >= fromMs && startMs <= toMs);
  });
  const countsOf = (kind: string): OutcomeCounts => {
    const counts: Record<string, number> = {};
    for (const { outcome } of seen.filter((operation) => operation.kind === kind)) {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  };
  const durations = seen
    .filter(({ kind, outcome }) => kind === 'revoke' && outcome === 'ok')
    .map(({ startMs, endMs }) => endMs - startMs)
    .sort((a, b) => a - b);
  return {
    during: { generate: countsOf('generate'), revoke: countsOf('revoke'), validate: countsOf('validate') },
    revokeMs: {
      count: durations.length,
      p50: Math.round(durations[Math.floor(durations.length / 2)] ?? 0),
      max: Math.round(durations.at(-1) ?? 0),
    },
  };
}

/** Judges all calls by the exact checker. */
export function judgeHistory(history: History): FaultResult['history'] {
  const { violations, undecidedMerchants } = checkHistory(history);
  return {
    operations: history.length,
    violations: violations.map(describeViolation),
    undecidedMerchants: undecidedMerchants.length,
  };
}

/**
 * Compares the Validates that came after everything else with what was acknowledged: a key is valid when no other change
 * of its merchant can have come after its Generate, and revoked when a successful one did.
 *
 * @param endedAtMs when the last fault had ended
 * @param running the names of the instances that still run
 */
export function findLost(
  history: History,
  endedAtMs: number,
  running: ReadonlySet<string>,
): FaultResult['acknowledged'] {
  const allChanges = history.filter(({ kind }) => kind !== 'validate');
  const fromMs = allChanges.reduce((latest, { endMs }) => Math.max(latest, endMs), endedAtMs);
  const fates = certainFates(history);
  const lost: string[] = [];
  const checked = new Set<KeyId>();
  for (const operation of history) {
    if (operation.kind !== 'validate' || operation.startMs < fromMs || !running.has(operation.instance)) continue;
    const fate = fates.get(operation.keyId);
    if (fate === undefined) continue;
    checked.add(operation.keyId);
    if (answerOf(operation) !== fate) lost.push(`it is not ${fate} at the end: ${describeOperation(operation)}`);
  }
  const changes = allChanges.filter(({ outcome }) => outcome === 'ok');
  const generates = changes.filter(({ kind }) => kind === 'generate').length;
  return { generates, revokes: changes.length - generates, checkedAtEnd: checked.size, lost };
}

function answerOf({ verdict, outcome }: ValidateOperation): string {
  if (verdict === undefined) return outcome;
  return verdict.valid ? 'valid' : verdict.reason;
}

type Fate = 'valid' | 'REVOKED';

/** The keys whose state at the end is certain. */
function certainFates(history: History): ReadonlyMap<KeyId, Fate> {
  const fates = new Map<KeyId, Fate>();
  for (const { changes, keys } of sortHistory(history).merchants) {
    for (const { keyId, made } of keys) {
      const others = changes.filter((change) => change !== made);
      if (others.some((change) => change.outcome === 'ok' && precedes(made, change))) fates.set(keyId, 'REVOKED');
      else if (others.every((change) => isCertainlyBefore(change, made))) fates.set(keyId, 'valid');
    }
  }
  return fates;
}

/** A failed change may have its effect at any time after its start. */
function isCertainlyBefore(change: Change, made: Change): boolean {
  return change.outcome === 'ok' && precedes(change, made);
}
