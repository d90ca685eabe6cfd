import type { KeyStore } from '../core/key-store.ts';
import type { AuthorityStore } from '../core/revocation.ts';
import type { Confirmer } from './confirmer.ts';
import { shareReads } from './shared-reads.ts';

/** Makes the authority's changes strict: they are answered when no cache can call the old key valid any more. */
export function createStrictStore(authority: AuthorityStore, confirmer: Confirmer): KeyStore {
  return {
    ...authority,

    async activate(merchantId, key) {
      const { pending } = await authority.activate(merchantId, key);
      await confirmer.confirm(merchantId, pending);
    },

    async revoke(merchantId, revokedAt) {
      const { pending, everHadKey } = await authority.revoke(merchantId, revokedAt);
      await confirmer.confirm(merchantId, pending);
      return everHadKey;
    },

    lookup: shareReads(async (hash) => authority.lookup(hash)),
  };
}
