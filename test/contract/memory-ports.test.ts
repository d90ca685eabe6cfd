import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import { createMemoryCacheRegistry, type MemoryRegisteredCaches } from '../../testkit/memory/memory-cache-registry.ts';
import type { MemoryMerchants } from '../../testkit/memory/memory-merchants.ts';
import { createMemoryPendingInvalidations } from '../../testkit/memory/memory-pending-invalidations.ts';
import { type AuthorityFixture, describeAuthorityStoreContract } from './authority-store-contract.ts';
import { describeCacheRegistryContract } from './cache-registry-contract.ts';
import { describePendingInvalidationsContract } from './pending-invalidations-contract.ts';

describeAuthorityStoreContract('The authority in memory', createAuthorityFixture);

describePendingInvalidationsContract('The authority in memory', createAuthorityFixture);

describeCacheRegistryContract('The registry in memory', async () => {
  const caches: MemoryRegisteredCaches = new Map();
  return {
    registry: createMemoryCacheRegistry(caches),
    removeLeases: async (cache) => caches.get(cache)?.leases.clear(),
    dispose: async () => undefined,
  };
});

async function createAuthorityFixture(): Promise<AuthorityFixture> {
  const merchants: MemoryMerchants = new Map();
  return {
    authority: createMemoryAuthority(merchants),
    pending: createMemoryPendingInvalidations(merchants),
    dispose: async () => undefined,
  };
}
