import { expect } from 'chai';
import type { CacheRegistry } from '../../src/revocation/cache-registry.ts';
import {
  CACHE,
  generationsOf,
  LEASE,
  LEASE_MS,
  leasesOf,
  OTHER_CACHE,
  OTHER_GENERATION,
  OTHER_LEASE,
  type RegistryFixture,
} from './registry-fixture.ts';

/** What leaves a registry: a lease and a cache only on the conditions that the caller read. */
export function describeRegistryRemovals(fixture: () => RegistryFixture): void {
  describeRelease(() => fixture().registry);
  describeRemoveLapsed(() => fixture().registry);
  describeRemoveEmpty(fixture);
}

function describeRelease(registry: () => CacheRegistry): void {
  describe('release', () => {
    it('removes the lease, and leaves those of others', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().register(CACHE, OTHER_LEASE, LEASE_MS);

      await registry().release(CACHE, generation, LEASE);

      expect(await leasesOf(registry(), CACHE)).to.deep.equal({ [OTHER_LEASE]: { count: 0, leaseMs: LEASE_MS } });
    });

    it('removes the cache with its last lease, and leaves other caches', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      const other = await registry().register(OTHER_CACHE, OTHER_LEASE, LEASE_MS);

      await registry().release(CACHE, generation, LEASE);

      expect(await generationsOf(registry())).to.deep.equal({ [OTHER_CACHE]: other });
    });

    it('does nothing under another generation', async () => {
      await registry().register(CACHE, LEASE, LEASE_MS);

      await registry().release(CACHE, OTHER_GENERATION, LEASE);

      expect(Object.keys(await leasesOf(registry(), CACHE))).to.deep.equal([LEASE]);
    });

    it('does nothing for a lease that is gone', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);

      await registry().release(CACHE, generation, OTHER_LEASE);

      expect(Object.keys(await leasesOf(registry(), CACHE))).to.deep.equal([LEASE]);
    });
  });
}

function describeRemoveLapsed(registry: () => CacheRegistry): void {
  describe('removeLapsed', () => {
    it('removes a lease whose count is still this one, and leaves those of others', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().renew(CACHE, generation, LEASE);
      await registry().register(CACHE, OTHER_LEASE, LEASE_MS);

      await registry().removeLapsed(CACHE, generation, LEASE, 1);

      expect(Object.keys(await leasesOf(registry(), CACHE))).to.deep.equal([OTHER_LEASE]);
    });

    it('removes nothing where the lease was renewed since', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().renew(CACHE, generation, LEASE);

      await registry().removeLapsed(CACHE, generation, LEASE, 0);

      expect(await leasesOf(registry(), CACHE)).to.deep.equal({ [LEASE]: { count: 1, leaseMs: LEASE_MS } });
    });

    it('removes nothing under another generation', async () => {
      await registry().register(CACHE, LEASE, LEASE_MS);

      await registry().removeLapsed(CACHE, OTHER_GENERATION, LEASE, 0);

      expect(Object.keys(await leasesOf(registry(), CACHE))).to.deep.equal([LEASE]);
    });

    it('removes the cache with its last lease, and leaves other caches', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      const other = await registry().register(OTHER_CACHE, OTHER_LEASE, LEASE_MS);

      await registry().removeLapsed(CACHE, generation, LEASE, 0);

      expect(await generationsOf(registry())).to.deep.equal({ [OTHER_CACHE]: other });
    });
  });
}

function describeRemoveEmpty(fixture: () => RegistryFixture): void {
  describe('removeEmpty', () => {
    it('removes a cache that has no lease, and leaves other caches', async () => {
      const { registry, removeLeases } = fixture();
      const generation = await registry.register(CACHE, LEASE, LEASE_MS);
      const other = await registry.register(OTHER_CACHE, OTHER_LEASE, LEASE_MS);
      await removeLeases(CACHE);
      expect(await generationsOf(registry)).to.deep.equal({ [CACHE]: generation, [OTHER_CACHE]: other });

      await registry.removeEmpty(CACHE, generation);

      expect(await generationsOf(registry)).to.deep.equal({ [OTHER_CACHE]: other });
    });

    it('leaves a cache that has a lease', async () => {
      const { registry } = fixture();
      const generation = await registry.register(CACHE, LEASE, LEASE_MS);

      await registry.removeEmpty(CACHE, generation);

      expect(Object.keys(await leasesOf(registry, CACHE))).to.deep.equal([LEASE]);
    });

    it('leaves a cache that has another generation', async () => {
      const { registry, removeLeases } = fixture();
      const generation = await registry.register(CACHE, LEASE, LEASE_MS);
      await removeLeases(CACHE);

      await registry.removeEmpty(CACHE, OTHER_GENERATION);

      expect(await generationsOf(registry)).to.deep.equal({ [CACHE]: generation });
    });
  });

  it('lets a lease join a cache that has none, under the generation that it has', async () => {
    const { registry, removeLeases } = fixture();
    const generation = await registry.register(CACHE, LEASE, LEASE_MS);
    await removeLeases(CACHE);

    const joined = await registry.register(CACHE, OTHER_LEASE, LEASE_MS);

    expect(joined).to.equal(generation);
    expect(Object.keys(await leasesOf(registry, CACHE))).to.deep.equal([OTHER_LEASE]);
  });
}
