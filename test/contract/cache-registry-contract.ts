import { expect } from 'chai';
import type { CacheRegistry, LeaseId } from '../../src/revocation/cache-registry.ts';
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
import { describeRegistryRemovals } from './registry-removal-contract.ts';

/** The promises of the port {@link CacheRegistry}, checked on any implementation. */
export function describeCacheRegistryContract(name: string, createFixture: () => Promise<RegistryFixture>): void {
  describe(`${name} keeps the promises of a cache registry`, () => {
    let fixture: RegistryFixture;

    beforeEach(async () => {
      fixture = await createFixture();
    });

    afterEach(() => fixture.dispose());

    describeRegister(() => fixture.registry);
    describeRenew(() => fixture.registry);
    describeRegistryRemovals(() => fixture);
  });
}

function describeRegister(registry: () => CacheRegistry): void {
  describe('register', () => {
    it('enters a cache with a lease that was never renewed', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);

      expect(await registry().read()).to.deep.equal([
        { cache: CACHE, generation, leases: new Map([[LEASE, { count: 0, leaseMs: LEASE_MS }]]) },
      ]);
    });

    it('adds a lease to a cache that is there, under the generation that it has', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().renew(CACHE, generation, LEASE);

      const joined = await registry().register(CACHE, OTHER_LEASE, 500);

      expect(joined).to.equal(generation);
      expect(await leasesOf(registry(), CACHE)).to.deep.equal({
        [LEASE]: { count: 1, leaseMs: LEASE_MS },
        [OTHER_LEASE]: { count: 0, leaseMs: 500 },
      });
    });

    it('gives each cache a generation of its own', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      const other = await registry().register(OTHER_CACHE, OTHER_LEASE, LEASE_MS);

      expect(other).not.to.equal(generation);
      expect(await generationsOf(registry())).to.deep.equal({ [CACHE]: generation, [OTHER_CACHE]: other });
    });

    it('gives a cache that comes back another generation', async () => {
      const before = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().release(CACHE, before, LEASE);

      const after = await registry().register(CACHE, OTHER_LEASE, LEASE_MS);

      expect(after).not.to.equal(before);
    });

    it('gives all who enter one cache at once the same generation, and loses no lease', async () => {
      const leases = Array.from({ length: 10 }, (_, index) => `lease-at-once-${index}` as LeaseId);

      const generations = await Promise.all(leases.map((lease) => registry().register(CACHE, lease, LEASE_MS)));

      expect(new Set(generations).size).to.equal(1);
      expect(Object.keys(await leasesOf(registry(), CACHE))).to.have.members(leases);
    });
  });

  it('reads an empty registry', async () => {
    expect(await registry().read()).to.deep.equal([]);
  });

  it('hands out what it read as it was then', async () => {
    const generation = await registry().register(CACHE, LEASE, LEASE_MS);
    const before = await registry().read();

    await registry().renew(CACHE, generation, LEASE);
    await registry().register(CACHE, OTHER_LEASE, LEASE_MS);

    expect([...(before[0]?.leases ?? [])]).to.deep.equal([[LEASE, { count: 0, leaseMs: LEASE_MS }]]);
  });
}

function describeRenew(registry: () => CacheRegistry): void {
  describe('renew', () => {
    it('raises the count of the one lease, each time', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().register(CACHE, OTHER_LEASE, LEASE_MS);

      const renewed = [
        await registry().renew(CACHE, generation, LEASE),
        await registry().renew(CACHE, generation, LEASE),
      ];

      expect(renewed).to.deep.equal([true, true]);
      expect(await leasesOf(registry(), CACHE)).to.deep.equal({
        [LEASE]: { count: 2, leaseMs: LEASE_MS },
        [OTHER_LEASE]: { count: 0, leaseMs: LEASE_MS },
      });
    });

    it('does not revive a lease that is gone while the cache is there', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().register(CACHE, OTHER_LEASE, LEASE_MS);
      await registry().release(CACHE, generation, LEASE);

      const renewed = await registry().renew(CACHE, generation, LEASE);

      expect(renewed).to.equal(false);
      expect(Object.keys(await leasesOf(registry(), CACHE))).to.deep.equal([OTHER_LEASE]);
    });

    it('does nothing under another generation', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);

      const renewed = await registry().renew(CACHE, OTHER_GENERATION, LEASE);

      expect(renewed).to.equal(false);
      expect(await generationsOf(registry())).to.deep.equal({ [CACHE]: generation });
      expect(await leasesOf(registry(), CACHE)).to.deep.equal({ [LEASE]: { count: 0, leaseMs: LEASE_MS } });
    });

    it('does not bring back a cache that is gone', async () => {
      const generation = await registry().register(CACHE, LEASE, LEASE_MS);
      await registry().release(CACHE, generation, LEASE);

      const renewed = await registry().renew(CACHE, generation, LEASE);

      expect(renewed).to.equal(false);
      expect(await registry().read()).to.deep.equal([]);
    });
  });
}
