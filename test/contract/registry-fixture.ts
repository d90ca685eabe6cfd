import type {
  CacheId,
  CacheRegistry,
  Generation,
  LeaseId,
  RegisteredCache,
} from '../../src/revocation/cache-registry.ts';

/** An empty registry. */
export interface RegistryFixture {
  readonly registry: CacheRegistry;
  /** Leaves a cache without its leases, as one does that crashes between the removal of a lease and that of the cache. */
  removeLeases(cache: CacheId): Promise<void>;
  dispose(): Promise<void>;
}

export const CACHE = 'run1-history1-0' as CacheId;
export const OTHER_CACHE = 'run2-history2-0' as CacheId;
export const OTHER_GENERATION = 'another-generation' as Generation;
export const [LEASE, OTHER_LEASE] = ['lease-1', 'lease-2'] as LeaseId[] as [LeaseId, LeaseId];
export const LEASE_MS = 15_000;

export async function leasesOf(registry: CacheRegistry, cache: CacheId) {
  return Object.fromEntries(find(await registry.read(), cache)?.leases ?? []);
}

export async function generationsOf(registry: CacheRegistry) {
  return Object.fromEntries((await registry.read()).map(({ cache, generation }) => [cache, generation]));
}

function find(registered: readonly RegisteredCache[], cache: CacheId): RegisteredCache | undefined {
  return registered.find((entry) => entry.cache === cache);
}
