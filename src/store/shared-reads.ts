import type { AuthorityStore } from '../revocation/authority.ts';

/** Adds sharing: lookups of one key that come close together become one read. */
export function createSharedReadsStore(authority: AuthorityStore): AuthorityStore {
  return {
    lookup: shareReads(async (hash) => authority.lookup(hash)),

    activate: (merchantId, key) => authority.activate(merchantId, key),
    revoke: (merchantId, revokedAt) => authority.revoke(merchantId, revokedAt),
    findActive: (merchantId) => authority.findActive(merchantId),
    recordUses: (uses) => authority.recordUses(uses),
    ping: () => authority.ping(),
    close: () => authority.close(),
  };
}

/**
 * Shares reads of the same thing among requests that come close together. A request takes part only in a read that is
 * sent after the request arrived: joining one that is under way would hand out an answer from before a revocation.
 *
 * @param read reads what the key stands for
 */
export function shareReads<K, V>(read: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const underWay = new Map<K, Promise<V>>();
  const next = new Map<K, Promise<V>>();

  function start(key: K): Promise<V> {
    const reading = read(key).finally(() => {
      if (underWay.get(key) === reading) underWay.delete(key);
    });
    underWay.set(key, reading);
    return reading;
  }

  return (key) => {
    const current = underWay.get(key);
    if (current === undefined) return start(key);
    const waiting = next.get(key);
    if (waiting !== undefined) return waiting;
    const following = current.then(ignore, ignore).then(() => {
      next.delete(key);
      return start(key);
    });
    next.set(key, following);
    return following;
  };
}

function ignore(): void {
  // The next read does not depend on how the one before it ended.
}
