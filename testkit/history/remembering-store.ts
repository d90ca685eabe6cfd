import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyState, KeyStore } from '../../src/core/key-store.ts';

/**
 * A store as it must not be: a key that it has once found active is active for ever. With it a test shows that a stale
 * accept would be noticed.
 */
export function createRememberingStore(store: KeyStore): KeyStore {
  const active = new Map<KeyHash, KeyState>();

  return {
    async lookup(hash) {
      const remembered = active.get(hash);
      if (remembered !== undefined) return remembered;
      const state = await store.lookup(hash);
      if (state.status === 'active') active.set(hash, state);
      return state;
    },

    activate: (merchantId, key) => store.activate(merchantId, key),
    revoke: (merchantId, revokedAt) => store.revoke(merchantId, revokedAt),
    findActive: (merchantId) => store.findActive(merchantId),
    recordUses: (uses) => store.recordUses(uses),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
