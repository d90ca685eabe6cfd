import { expect } from 'chai';
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

const CACHE = 'run1-history1-0' as CacheId;
const OTHER_CACHE = 'run2-history2-0' as CacheId;
const OTHER_GENERATION = 'another-generation' as Generation;
const [LEASE, OTHER_LEASE] = ['lease-1', 'lease-2'] as LeaseId[] as [LeaseId, LeaseId];
const LEASE_MS = 15_000;

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
    describeRelease(() => fixture.registry);
    describeRemoveLapsed(() => fixture.registry);
    describeRemoveEmpty(() => fixture);
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

    it('gives all who enter one cache at once the same generation, and loses nobody’s lease', async () => {
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

async function leasesOf(registry: CacheRegistry, cache: CacheId) {
  return Object.fromEntries(find(await registry.read(), cache)?.leases ?? []);
}

async function generationsOf(registry: CacheRegistry) {
  return Object.fromEntries((await registry.read()).map(({ cache, generation }) => [cache, generation]));
}

function find(registered: readonly RegisteredCache[], cache: CacheId): RegisteredCache | undefined {
  return registered.find((entry) => entry.cache === cache);
}
