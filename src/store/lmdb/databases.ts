import { type Database, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import type { KeyHash } from '../../core/api-key.ts';
import { REVOKED_KEYS_KEPT } from '../../core/key-store.ts';
import type { MerchantId } from '../../core/merchant-id.ts';

/** What is stored of a merchant. Times are milliseconds since the epoch. */
export interface MerchantRecord {
  readonly active?: {
    readonly hash: KeyHash;
    readonly visiblePrefix: string;
    readonly createdAtMs: number;
    readonly lastUsedAtMs?: number;
  };
  /** Hashes of former keys, oldest first, at most {@link REVOKED_KEYS_KEPT}. */
  readonly retired: readonly KeyHash[];
}

/** What is stored of a key: its merchant while it is active, then the time at which it was revoked. */
export type KeyRecord = MerchantId | number;

/** The databases of an open store. */
export interface LmdbDatabases {
  readonly root: RootDatabase;
  readonly merchants: Database<MerchantRecord, MerchantId>;
  readonly keys: Database<KeyRecord, KeyHash>;
}

/** A change of the store, as it is sent to the process that writes. */
export type LmdbChange =
  | {
      readonly kind: 'activate';
      readonly merchantId: MerchantId;
      readonly hash: KeyHash;
      readonly visiblePrefix: string;
      readonly createdAtMs: number;
    }
  | { readonly kind: 'revoke'; readonly merchantId: MerchantId; readonly revokedAtMs: number }
  | { readonly kind: 'recordUses'; readonly uses: readonly StoredUse[] };

/** A use of a key, to be recorded. */
export interface StoredUse {
  readonly hash: KeyHash;
  readonly merchantId: MerchantId;
  readonly usedAtMs: number;
}

/** @throws Error of lmdb */
export function openDatabases(path: string): LmdbDatabases {
  // The mode is missing in lmdb's types (3.5.6): its default is 0664.
  const options = { path, maxDbs: 2, permissionsMode: 0o600 };
  const root = open(options as RootDatabaseOptionsWithPath);
  return { root, merchants: root.openDB({ name: 'merchants' }), keys: root.openDB({ name: 'keys' }) };
}

/** Inside a write transaction: makes the change. Returns whether the merchant ever had a key. */
export function applyChange({ merchants, keys }: LmdbDatabases, change: LmdbChange): boolean {
  /** Marks the key revoked and forgets those beyond the bound. Returns the merchant's new list. */
  function addRevoked(hash: KeyHash, retired: readonly KeyHash[], revokedAtMs: number): KeyHash[] {
    const all = [...retired, hash];
    for (const forgotten of all.slice(0, -REVOKED_KEYS_KEPT)) keys.remove(forgotten);
    keys.put(hash, revokedAtMs);
    return all.slice(-REVOKED_KEYS_KEPT);
  }

  switch (change.kind) {
    case 'activate': {
      const { merchantId, hash, visiblePrefix, createdAtMs } = change;
      const { active, retired } = merchants.get(merchantId) ?? { retired: [] };
      merchants.put(merchantId, {
        active: { hash, visiblePrefix, createdAtMs },
        retired: active === undefined ? retired : addRevoked(active.hash, retired, createdAtMs),
      });
      keys.put(hash, merchantId);
      return true;
    }
    case 'revoke': {
      const record = merchants.get(change.merchantId);
      if (record?.active !== undefined) {
        merchants.put(change.merchantId, {
          retired: addRevoked(record.active.hash, record.retired, change.revokedAtMs),
        });
      }
      return record !== undefined;
    }
    case 'recordUses':
      for (const { hash, merchantId, usedAtMs } of change.uses) {
        const record = merchants.get(merchantId);
        if (record?.active?.hash !== hash) continue;
        const lastUsedAtMs = Math.max(record.active.lastUsedAtMs ?? 0, usedAtMs);
        merchants.put(merchantId, { ...record, active: { ...record.active, lastUsedAtMs } });
      }
      return true;
  }
}
