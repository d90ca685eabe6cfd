import type { CacheId, CacheRegistry, Generation, Lease, LeaseId } from '../../src/revocation/cache-registry.ts';

interface MemoryRegisteredCache {
  readonly generation: Generation;
  readonly leases: Map<LeaseId, Lease>;
}

/**
 * The registry of caches in memory, for any number of instances. Each call takes effect, as a whole, before it returns
 * its promise. Generations are numbered, so that a simulation that is run again has the same ones.
 */
export function createMemoryCacheRegistry(): CacheRegistry {
  const caches = new Map<CacheId, MemoryRegisteredCache>();
  let generationsMade = 0;

  function find(cache: CacheId, generation: Generation): MemoryRegisteredCache | undefined {
    const found = caches.get(cache);
    return found?.generation === generation ? found : undefined;
  }

  function removeEmpty(cache: CacheId, generation: Generation): void {
    if (find(cache, generation)?.leases.size === 0) caches.delete(cache);
  }

  return {
    read: async () =>
      [...caches].map(([cache, { generation, leases }]) => ({ cache, generation, leases: new Map(leases) })),

    async register(cache, leaseId, leaseMs) {
      const found = caches.get(cache);
      const entry = found ?? { generation: `generation-${++generationsMade}` as Generation, leases: new Map() };
      entry.leases.set(leaseId, { count: 0, leaseMs });
      caches.set(cache, entry);
      return entry.generation;
    },

    async renew(cache, generation, leaseId) {
      const leases = find(cache, generation)?.leases;
      const lease = leases?.get(leaseId);
      if (leases === undefined || lease === undefined) return false;
      leases.set(leaseId, { ...lease, count: lease.count + 1 });
      return true;
    },

    async release(cache, generation, leaseId) {
      find(cache, generation)?.leases.delete(leaseId);
      removeEmpty(cache, generation);
    },

    async removeLapsed(cache, generation, leaseId, count) {
      const leases = find(cache, generation)?.leases;
      if (leases?.get(leaseId)?.count === count) leases.delete(leaseId);
      removeEmpty(cache, generation);
    },

    removeEmpty: async (cache, generation) => removeEmpty(cache, generation),
  };
}
