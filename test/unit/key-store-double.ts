import type { KeyHash } from '../../src/core/api-key.ts';
import type { ActiveKey, KeyState, KeyStore, KeyUse } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';

/** A store in memory that says what it was asked for, and fails on request. */
export interface KeyStoreDouble extends KeyStore {
  /** The names of the calls so far. */
  readonly calls: readonly (keyof KeyStore)[];
  /** The uses of each call of `recordUses`, also of those that failed. */
  readonly recorded: readonly (readonly KeyUse[])[];
  /** Every further call rejects with this, until it is undefined again. */
  failure: Error | undefined;
}

/** As much of the store's contract as the domain's decisions need; the real stores have a suite of their own. */
export function createKeyStoreDouble(): KeyStoreDouble {
  const active = new Map<MerchantId, ActiveKey>();
  const states = new Map<KeyHash, KeyState>();
  const everHadKey = new Set<MerchantId>();
  const calls: (keyof KeyStore)[] = [];
  const recorded: (readonly KeyUse[])[] = [];

  const double: KeyStoreDouble = {
    calls,
    recorded,
    failure: undefined,

    async activate(merchantId, key) {
      called('activate');
      endActive(merchantId, key.createdAt);
      active.set(merchantId, { ...key, lastUsedAt: undefined });
      states.set(key.hash, { status: 'active', merchantId });
      everHadKey.add(merchantId);
    },

    async revoke(merchantId, revokedAt) {
      called('revoke');
      endActive(merchantId, revokedAt);
      return everHadKey.has(merchantId);
    },

    async lookup(hash) {
      called('lookup');
      return states.get(hash) ?? { status: 'unknown' };
    },

    async findActive(merchantId) {
      called('findActive');
      return active.get(merchantId);
    },

    async recordUses(uses) {
      recorded.push(uses);
      called('recordUses');
      for (const { hash, merchantId, usedAt } of uses) {
        const key = active.get(merchantId);
        if (key?.hash === hash) active.set(merchantId, { ...key, lastUsedAt: usedAt });
      }
    },

    async ping() {
      called('ping');
    },

    async close() {
      called('close');
    },
  };

  function called(name: keyof KeyStore): void {
    calls.push(name);
    if (double.failure !== undefined) throw double.failure;
  }

  function endActive(merchantId: MerchantId, revokedAt: Date): void {
    const key = active.get(merchantId);
    if (key !== undefined) states.set(key.hash, { status: 'revoked', revokedAt });
    active.delete(merchantId);
  }

  return double;
}
