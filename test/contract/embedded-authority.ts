import type { KeyStore } from '../../src/core/key-store.ts';
import type { AuthorityStore } from '../../src/revocation/authority.ts';
import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import type { MemoryMerchants } from '../../testkit/memory/memory-merchants.ts';

/**
 * Makes an authority of a store that knows nothing of caches: the store answers, and memory notes what is pending. The
 * changes through one object follow each other, so that the two agree on their order.
 */
export function createEmbeddedAuthority(store: KeyStore, merchants: MemoryMerchants): AuthorityStore {
  const notes = createMemoryAuthority(merchants);
  let lastChange: Promise<unknown> = Promise.resolve();

  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = lastChange.then(change);
    lastChange = changed.catch(() => undefined);
    return changed;
  }

  return {
    activate: (merchantId, key) =>
      inTurn(async () => {
        await store.activate(merchantId, key);
        return notes.activate(merchantId, key);
      }),

    revoke: (merchantId, revokedAt) =>
      inTurn(async () => {
        const everHadKey = await store.revoke(merchantId, revokedAt);
        return { ...(await notes.revoke(merchantId, revokedAt)), everHadKey };
      }),

    lookup: (hash) => store.lookup(hash),
    findActive: (merchantId) => store.findActive(merchantId),
    recordUses: (uses) => store.recordUses(uses),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
