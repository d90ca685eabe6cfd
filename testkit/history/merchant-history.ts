import type { Change, GenerateOperation, History, KeyId, ValidateOperation } from './history.ts';

/** All that a history has about one merchant. */
export interface MerchantHistory {
  readonly merchantId: string;
  /** In the order of their starts. */
  readonly changes: readonly Change[];
  readonly keys: readonly KeyHistory[];
}

/** All that a history has about one key that was handed out. */
export interface KeyHistory {
  readonly keyId: KeyId;
  /** The Generate that handed it out. */
  readonly made: GenerateOperation;
  /** The Validates that called it valid, whichever merchant they named, in the order of their starts. */
  readonly accepts: readonly ValidateOperation[];
  /** The Validates that called it REVOKED or NOT_FOUND, in the order of their ends. */
  readonly refusals: readonly ValidateOperation[];
  /** The Validates with any other verdict. */
  readonly others: readonly ValidateOperation[];
}

/** The history by merchants, and the Validates of keys that were never handed out. */
export interface SortedHistory {
  readonly merchants: readonly MerchantHistory[];
  readonly strangers: readonly ValidateOperation[];
}

/** Sorts a history by merchants and keys. O(n log n). */
export function sortHistory(history: History): SortedHistory {
  const merchants = new Map<string, { changes: Change[]; keys: MutableKeyHistory[] }>();
  const keys = new Map<KeyId, MutableKeyHistory>();
  const strangers: ValidateOperation[] = [];

  for (const operation of history) {
    if (operation.kind === 'validate') continue;
    const merchant = merchants.get(operation.merchantId) ?? { changes: [], keys: [] };
    merchants.set(operation.merchantId, merchant);
    merchant.changes.push(operation);
    if (operation.kind === 'revoke' || operation.keyId === undefined) continue;
    if (keys.has(operation.keyId)) throw new Error(`key ${operation.keyId} was handed out twice`);
    const key = { keyId: operation.keyId, made: operation, accepts: [], refusals: [], others: [] };
    keys.set(operation.keyId, key);
    merchant.keys.push(key);
  }

  for (const operation of history) {
    if (operation.kind !== 'validate' || operation.verdict === undefined) continue;
    const key = keys.get(operation.keyId);
    if (key === undefined) strangers.push(operation);
    else key[kindOf(operation.verdict)].push(operation);
  }

  for (const key of keys.values()) {
    key.accepts.sort(byStart);
    key.refusals.sort((a, b) => a.endMs - b.endMs);
  }
  return {
    merchants: [...merchants].map(([merchantId, { changes, keys: own }]) => {
      return { merchantId, changes: changes.sort(byStart), keys: own };
    }),
    strangers,
  };
}

interface MutableKeyHistory extends KeyHistory {
  readonly accepts: ValidateOperation[];
  readonly refusals: ValidateOperation[];
  readonly others: ValidateOperation[];
}

function kindOf(verdict: NonNullable<ValidateOperation['verdict']>): 'accepts' | 'refusals' | 'others' {
  if (verdict.valid) return 'accepts';
  return verdict.reason === 'REVOKED' || verdict.reason === 'NOT_FOUND' ? 'refusals' : 'others';
}

function byStart(a: { readonly startMs: number }, b: { readonly startMs: number }): number {
  return a.startMs - b.startMs;
}

/** How many of the ascending numbers are below the limit. O(log n). */
export function countBelow(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
