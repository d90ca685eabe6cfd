import { expect } from 'chai';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheRegistry, LeaseId } from '../../src/revocation/cache-registry.ts';
import { createLeaseKeeper, type LeaseKeeper } from '../../src/revocation/lease-keeper.ts';
import { type CacheEvent, createCacheEvents } from '../../testkit/cache-events.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryCache, type MemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import { type WatchedPort, watchPort } from '../../testkit/watched-port.ts';
import { rejectionOf } from '../unit/rejection.ts';

const LEASE_MS = 9_000;
/** A tenth is given away, since clocks may differ by a tenth in their rate. */
const USABLE_MS = LEASE_MS * 0.9;
const OTHER_LEASE = 'other lease' as LeaseId;

describe('The lease keeper', () => {
  let clock: ManualClock;
  let cache: MemoryCache;
  let connection: WatchedPort<CacheConnection>;
  let registry: WatchedPort<CacheRegistry>;
  let events: CacheEvent[];
  let keeper: LeaseKeeper;

  beforeEach(async () => {
    clock = createManualClock();
    cache = createMemoryCache({ clock });
    connection = watchPort(await cache.connect());
    registry = watchPort(createMemoryCacheRegistry());
    const cacheEvents = createCacheEvents();
    events = cacheEvents.events;
    keeper = createLeaseKeeper({ registry: registry.port, leaseMs: LEASE_MS, clock, observer: cacheEvents.observer });
  });

  describe('when it takes a lease', () => {
    it('registers the cache that answers on the connection, with the time of the lease', async () => {
      const binding = await keeper.acquire(connection.port);

      expect(binding.connection).to.equal(connection.port);
      expect(await registry.port.read()).to.deep.equal([
        {
          cache: cache.identity(),
          generation: binding.generation,
          leases: new Map([[binding.leaseId, { count: 0, leaseMs: LEASE_MS }]]),
        },
      ]);
    });

    it('counts it from before the first send, however slow the replies are', async () => {
      const startMs = clock.nowMs();
      const identify = connection.holdReply('identify');
      const register = registry.holdReply('register');
      const acquiring = keeper.acquire(connection.port);
      await identify.reached;
      clock.advance(2_000);
      identify.release();
      await register.reached;
      clock.advance(3_000);
      register.release();

      const binding = await acquiring;

      expect(binding.usableUntilMs).to.equal(startMs + USABLE_MS);
    });

    it('takes another lease id for each binding', async () => {
      const first = await keeper.acquire(connection.port);
      const second = await keeper.acquire(connection.port);

      expect(second.leaseId).not.to.equal(first.leaseId);
    });

    it('refuses a replica, and registers nothing', async () => {
      cache.demote();

      const reason = await rejectionOf(keeper.acquire(connection.port));

      expect(reason).to.be.instanceOf(Error).with.property('message').that.includes('not a primary');
      expect(registry.names()).to.deep.equal([]);
    });
  });

  describe('when it gives a lease back', () => {
    it('removes it, and the cache with the last of them', async () => {
      const binding = await keeper.acquire(connection.port);

      await keeper.release(binding);

      expect(await registry.port.read()).to.deep.equal([]);
    });

    it('leaves the leases of others', async () => {
      const binding = await keeper.acquire(connection.port);
      await registry.port.register(binding.cache, OTHER_LEASE, LEASE_MS);

      await keeper.release(binding);

      const [registered] = await registry.port.read();
      expect([...(registered?.leases.keys() ?? [])]).to.deep.equal([OTHER_LEASE]);
    });

    it('does not fail while the authority is away: the lease will lapse', async () => {
      const failure = new Error('no primary');
      const binding = await keeper.acquire(connection.port);
      registry.fail('release', failure);

      await keeper.release(binding);

      expect(events).to.deep.equal([['failedInBackground', 'releasing the lease', failure]]);
    });
  });
});
