import { type Change, precedes } from './history.ts';
import { countBelow, type KeyHistory, type MerchantHistory, type SortedHistory } from './merchant-history.ts';
import type { Violation } from './violation.ts';

/** Only a key that was handed out can be valid. */
export function onlyKnownKeysAreAccepted({ strangers }: SortedHistory): Violation[] {
  return strangers
    .filter(({ verdict }) => verdict?.valid === true)
    .map((accept) => {
      const message = `the key ${accept.keyId} was never handed out, and was accepted`;
      return { rule: onlyKnownKeysAreAccepted.name, message, operations: [accept] };
    });
}

/** A Validate that accepts a key names the merchant for whom the key was made. */
export function acceptsNameTheMerchant({ merchantId, keys }: MerchantHistory): Violation[] {
  return keys.flatMap(({ keyId, made, accepts }) =>
    accepts
      .filter(({ verdict }) => verdict?.valid !== true || verdict.merchantId !== merchantId)
      .map((accept): Violation => {
        const message = `the key ${keyId} belongs to ${merchantId}, and another merchant was named`;
        return { rule: acceptsNameTheMerchant.name, message, operations: [made, accept] };
      }),
  );
}

/**
 * The promise itself: no Validate that starts after a successful Revoke or Generate of the merchant returned accepts a
 * key that had been handed out before that call started.
 *
 * Calls that overlap the key's own Generate may have come before it, and failed ones may never have happened: neither
 * proves anything here.
 */
export function noAcceptAfterChange({ merchantId, changes, keys }: MerchantHistory): Violation[] {
  const successful = changes.filter(({ outcome }) => outcome === 'ok');
  const starts = successful.map(({ startMs }) => startMs);
  const firstToEnd = firstToEndFromEach(successful);

  return keys.flatMap(({ keyId, made, accepts }) => {
    const end = firstToEnd[countNotAbove(starts, made.endMs)];
    if (end === undefined) return [];
    return accepts
      .filter((accept) => precedes(end, accept))
      .map((accept): Violation => {
        const message = `the key ${keyId} of ${merchantId} was accepted after its end`;
        return { rule: noAcceptAfterChange.name, message, operations: [made, end, accept] };
      });
  });
}

/**
 * A merchant never has two valid keys: of two keys, one is older, and is revoked when the Generate of the newer one has
 * returned. So they are not both accepted by Validates that started after both Generates had returned.
 *
 * This is for Generates that overlap, where either may be the older one; for the others there is
 * {@link noAcceptAfterChange}.
 */
export function oneKeyIsValidAtOnce({ merchantId, keys }: MerchantHistory): Violation[] {
  const violations: Violation[] = [];
  let widest: ProvenLife | undefined;
  for (const life of keys.flatMap(provenLife).sort((a, b) => a.fromMs - b.fromMs)) {
    if (widest !== undefined && life.fromMs < widest.toMs && overlap(widest.key, life.key)) {
      const message = `${widest.key.keyId} and ${life.key.keyId} of ${merchantId} were both valid after both were made`;
      const operations = [widest.key.made, life.key.made, widest.accept, life.accept] as const;
      violations.push({ rule: oneKeyIsValidAtOnce.name, message, operations });
    }
    if (widest === undefined || life.toMs > widest.toMs) widest = life;
  }
  return violations;
}

/**
 * A key never comes back to life: no Validate that starts after another one had refused the key accepts it.
 *
 * Only a store without a cache promises this: with one, a key whose revocation is committed but has not returned yet
 * is refused by those who ask the authority, and still accepted by those who ask the cache.
 */
export function noAcceptAfterRefusal({ merchantId, keys }: MerchantHistory): Violation[] {
  return keys.flatMap(({ keyId, accepts, refusals: [firstRefusal] }) => {
    if (firstRefusal === undefined) return [];
    return accepts
      .filter((accept) => precedes(firstRefusal, accept))
      .map((accept): Violation => {
        const message = `the key ${keyId} of ${merchantId} was accepted after it had been refused`;
        return { rule: noAcceptAfterRefusal.name, message, operations: [firstRefusal, accept] };
      });
  });
}

/** From the return of its Generate to the start of its last accept, a key was not replaced by anything that returned. */
interface ProvenLife {
  readonly key: KeyHistory;
  readonly accept: KeyHistory['accepts'][number];
  readonly fromMs: number;
  readonly toMs: number;
}

function provenLife(key: KeyHistory): ProvenLife[] {
  const accept = key.accepts.at(-1);
  if (accept === undefined || !precedes(key.made, accept)) return [];
  return [{ key, accept, fromMs: key.made.endMs, toMs: accept.startMs }];
}

function overlap(a: KeyHistory, b: KeyHistory): boolean {
  return !precedes(a.made, b.made) && !precedes(b.made, a.made);
}

/** For each index, the change from there on that ended first. */
function firstToEndFromEach(changes: readonly Change[]): Change[] {
  const result = [...changes];
  for (let index = changes.length - 2; index >= 0; index--) {
    const own = changes[index] as Change;
    const later = result[index + 1] as Change;
    result[index] = own.endMs <= later.endMs ? own : later;
  }
  return result;
}

function countNotAbove(ascending: readonly number[], limit: number): number {
  let index = countBelow(ascending, limit);
  while (ascending[index] === limit) index++;
  return index;
}
