import { type Change, type GenerateOperation, precedes, type ValidateOperation } from './history.ts';
import { countBelow, type KeyHistory, type MerchantHistory } from './merchant-history.ts';
import type { Violation } from './violation.ts';

/** A key that was handed out is well-formed and of no other merchant, revoked or not: it is never answered so. */
export function realKeysAreRecognised({ merchantId, keys }: MerchantHistory): Violation[] {
  return keys.flatMap(({ keyId, made, others }) =>
    others.map((answer): Violation => {
      const message = `the key ${keyId} of ${merchantId} is a real one, and was refused with a reason that it cannot have`;
      return { rule: realKeysAreRecognised.name, message, operations: [made, answer] };
    }),
  );
}

/**
 * No active key is refused: a refusal needs another change of the merchant that may have come after the key's Generate
 * and before the refusal's end, whether it succeeded, failed, or was still under way.
 *
 * A successful change certainly came before the Generate when it returned before that one started, and also when it
 * returned before a Validate started that accepted the key.
 */
export function noActiveKeyIsRefused({ merchantId, changes, keys }: MerchantHistory): Violation[] {
  const starts = changes.map(({ startMs }) => startMs);
  const latest = latestTwoUpToEach(changes);

  return keys.flatMap(({ keyId, made, accepts, refusals }) => {
    const certainlyActiveMs = Math.max(made.startMs, accepts.at(-1)?.startMs ?? 0);
    return refusals
      .filter((refusal) => {
        const others = latest[countStarted(starts, refusal) - 1] ?? [];
        return !others.some((change) => change !== made && latestEffectMs(change) >= certainlyActiveMs);
      })
      .map((refusal): Violation => {
        const message = `the key ${keyId} of ${merchantId} was active, and was refused`;
        const lastAccept = accepts.at(-1);
        const operations = lastAccept === undefined ? [] : [lastAccept];
        return { rule: noActiveKeyIsRefused.name, message, operations: [made, ...operations, refusal] };
      });
  });
}

/**
 * A key that was handed out is remembered: it is NOT_FOUND only after so many further keys of the merchant were made
 * that it may be forgotten.
 *
 * @param revokedKeysKept how many revoked keys of a merchant are remembered
 */
export function revokedKeysAreRemembered(
  { merchantId, changes, keys }: MerchantHistory,
  revokedKeysKept: number,
): Violation[] {
  const generates = changes.filter((change) => change.kind === 'generate');
  const starts = generates.map(({ startMs }) => startMs);
  const ends = generates.map(latestEffectMs).sort((a, b) => a - b);

  return keys.flatMap(({ keyId, made, refusals }) =>
    refusals
      .filter((refusal) => isNotFound(refusal))
      .filter((refusal) => {
        const earlier = countBelow(ends, made.startMs);
        const others = countStarted(starts, refusal) - earlier - 1;
        return others < revokedKeysKept;
      })
      .map((refusal): Violation => {
        const message = `the key ${keyId} of ${merchantId} was made, and is not known`;
        return { rule: revokedKeysAreRemembered.name, message, operations: [made, refusal] };
      }),
  );
}

/** A merchant that had a key before the Revoke started is known to it: the Revoke does not answer `not_found`. */
export function merchantsAreRemembered({ merchantId, changes, keys }: MerchantHistory): Violation[] {
  const first = keys.reduce<GenerateOperation | undefined>(
    (earliest, { made }) => (earliest === undefined || made.endMs < earliest.endMs ? made : earliest),
    undefined,
  );
  if (first === undefined) return [];
  return changes
    .filter((change) => change.kind === 'revoke' && change.outcome === 'not_found' && precedes(first, change))
    .map((revoke): Violation => {
      const message = `${merchantId} had a key, and Revoke answered that it never had one`;
      return { rule: merchantsAreRemembered.name, message, operations: [first, revoke] };
    });
}

function isNotFound({ verdict }: ValidateOperation): boolean {
  return verdict?.valid === false && verdict.reason === 'NOT_FOUND';
}

/** The latest time at which a change may have had its effect: of one that failed, any time. */
function latestEffectMs({ outcome, endMs }: Change): number {
  return outcome === 'ok' ? endMs : Number.POSITIVE_INFINITY;
}

/** How many of the changes may have had their effect when the refusal ended; equal times overlap. */
function countStarted(starts: readonly number[], { endMs }: KeyHistory['refusals'][number]): number {
  let count = countBelow(starts, endMs);
  while (starts[count] === endMs) count++;
  return count;
}

/** For each index, the two changes up to it that may have had their effects latest: one of them is not the key's own. */
function latestTwoUpToEach(changes: readonly Change[]): (readonly Change[])[] {
  let latest: readonly Change[] = [];
  return changes.map((change) => {
    latest = [...latest, change].sort((a, b) => compare(latestEffectMs(b), latestEffectMs(a))).slice(0, 2);
    return latest;
  });
}

/** Infinity minus itself is not a number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
