import { ServiceError } from '../core/errors.ts';
import type { AuthorityStore } from '../revocation/authority.ts';

/**
 * Adds a bound: no more than `maxReads` reads for callers are under way at once. Those beyond it throw `unavailable` at
 * once, so that an authority that answers slowly fills neither its own queue nor this process's memory.
 */
export function createBoundedReadsStore(authority: AuthorityStore, maxReads: number): AuthorityStore {
  let underWay = 0;

  async function bound<T>(read: () => T | Promise<T>): Promise<T> {
    if (underWay >= maxReads) {
      throw new ServiceError('unavailable', 'The key store is overloaded: too many reads are under way.');
    }
    underWay++;
    try {
      return await read();
    } finally {
      underWay--;
    }
  }

  return {
    lookup: (hash) => bound(() => authority.lookup(hash)),
    findActive: (merchantId) => bound(() => authority.findActive(merchantId)),

    activate: (merchantId, key) => authority.activate(merchantId, key),
    revoke: (merchantId, revokedAt) => authority.revoke(merchantId, revokedAt),
    recordUses: (uses) => authority.recordUses(uses),
    ping: () => authority.ping(),
    close: () => authority.close(),
  };
}
