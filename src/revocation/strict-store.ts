import type { KeyStore } from '../core/key-store.ts';
import type { AuthorityStore } from './authority.ts';
import type { Confirmer } from './confirmer.ts';

/** Adds strictness: a change of the authority resolves when no cache can call the old key valid any more. */
export function createStrictStore(authority: AuthorityStore, confirmer: Confirmer): KeyStore {
  return {
    async activate(merchantId, key) {
      const { pending } = await authority.activate(merchantId, key);
      await confirmer.confirm(merchantId, pending);
    },

    async revoke(merchantId, revokedAt) {
      const { pending, everHadKey } = await authority.revoke(merchantId, revokedAt);
      await confirmer.confirm(merchantId, pending);
      return everHadKey;
    },

    lookup: (hash) => authority.lookup(hash),
    findActive: (merchantId) => authority.findActive(merchantId),
    recordUses: (uses) => authority.recordUses(uses),
    ping: () => authority.ping(),
    close: () => authority.close(),
  };
}
