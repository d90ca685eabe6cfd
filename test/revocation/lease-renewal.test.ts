import { expect } from 'chai';
import type { Binding } from '../../src/revocation/binding.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheId, CacheRegistry, LeaseId } from '../../src/revocation/cache-registry.ts';
import { createLeaseKeeper, type LeaseKeeper } from '../../src/revocation/lease-keeper.ts';
import { type CacheEvent, createCacheEvents } from '../../testkit/cache-events.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryCache, type MemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import { settled } from '../../testkit/settled.ts';
import { type WatchedPort, watchPort } from '../../testkit/watched-port.ts';

const LEASE_MS = 9_000;
const THIRD_MS = LEASE_MS / 3;
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

  const lease = async ({ leaseId }: Binding) => (await registry.port.read())[0]?.leases.get(leaseId);

  describe('while it keeps a lease', () => {
    let binding: Binding;
    let dropped: AbortController;
    let startMs: number;

    beforeEach(async () => {
      startMs = clock.nowMs();
      binding = await keeper.acquire(connection.port);
      dropped = new AbortController();
    });

    it('renews it every third of its time', async () => {
      void keeper.keep(binding, dropped.signal);
      clock.advance(THIRD_MS - 1);
      await settled();
      const justBefore = (await lease(binding))?.count;
      clock.advance(1);
      await settled();
      const atThird = (await lease(binding))?.count;
      clock.advance(THIRD_MS);
      await settled();

      expect([justBefore, atThird, (await lease(binding))?.count]).to.deep.equal([0, 1, 2]);
      expect(binding.usableUntilMs).to.equal(startMs + 2 * THIRD_MS + USABLE_MS);
    });

    it('counts a renewal from before it was sent, however slow the replies are', async () => {
      void keeper.keep(binding, dropped.signal);
      const identify = connection.holdReply('identify');
      const renew = registry.holdReply('renew');
      clock.advance(THIRD_MS);
      await identify.reached;
      clock.advance(700);
      identify.release();
      await renew.reached;
      clock.advance(800);

      renew.release();
      await settled();

      expect(binding.usableUntilMs).to.equal(startMs + THIRD_MS + USABLE_MS);
      expect(clock.nextWakeMs()).to.equal(startMs + 2 * THIRD_MS);
    });

    it('keeps the old end while a renewal is under way', async () => {
      void keeper.keep(binding, dropped.signal);
      const renew = registry.holdReply('renew');
      clock.advance(THIRD_MS);
      await renew.reached;

      expect(binding.usableUntilMs).to.equal(startMs + USABLE_MS);
      renew.release();
    });

    it('renews at once where registering took longer than a third', async () => {
      clock.advance(THIRD_MS + 1);

      void keeper.keep(binding, dropped.signal);
      expect(clock.nextWakeMs()).to.be.at.most(clock.nowMs());
      clock.advance(0);
      await settled();

      expect((await lease(binding))?.count).to.equal(1);
    });

    const failOver = () => {
      cache.demote();
      cache.promote();
    };
    const losses: readonly (readonly [string, () => void])[] = [
      ['a replica answers', () => cache.demote()],
      ['the process was demoted and promoted since', failOver],
      ['the connection does not answer', () => connection.fail('identify', new Error('timed out'))],
    ];
    for (const [name, lose] of losses) {
      it(`gives it up when ${name}, without a renewal`, async () => {
        const keeping = keeper.keep(binding, dropped.signal);
        lose();
        clock.advance(THIRD_MS);

        const reason = await keeping;

        expect(reason).to.be.instanceOf(Error);
        expect((await lease(binding))?.count).to.equal(0);
        expect(binding.usableUntilMs).to.equal(startMs + USABLE_MS);
      });
    }

    it('gives it up when it is no longer in the registry', async () => {
      const keeping = keeper.keep(binding, dropped.signal);
      await registry.port.register(binding.cache, OTHER_LEASE, LEASE_MS);
      await registry.port.removeLapsed(binding.cache, binding.generation, binding.leaseId, 0);
      clock.advance(THIRD_MS);

      expect(await keeping).to.be.instanceOf(Error);
    });

    it('gives it up when the cache is in the registry under another generation', async () => {
      const keeping = keeper.keep(binding, dropped.signal);
      await registry.port.removeLapsed(binding.cache, binding.generation, binding.leaseId, 0);
      await registry.port.register(binding.cache as CacheId, binding.leaseId, LEASE_MS);
      clock.advance(THIRD_MS);

      expect(await keeping).to.be.instanceOf(Error);
    });

    it('goes on to its old end, and not beyond, while the authority does not answer', async () => {
      let reason: Error | undefined | 'kept' = 'kept';
      const failure = new Error('no primary');
      registry.fail('renew', failure);
      void keeper.keep(binding, dropped.signal).then((lost) => {
        reason = lost;
      });
      clock.advance(THIRD_MS);
      await settled();
      clock.advance(THIRD_MS);
      await settled();
      const beforeItsEnd = reason;
      clock.advance(THIRD_MS);
      await settled();

      expect(beforeItsEnd).to.equal('kept');
      expect(reason).to.be.instanceOf(Error).with.property('cause', failure);
      expect(binding.usableUntilMs).to.equal(startMs + USABLE_MS);
      expect(events).to.deep.equal(Array(3).fill(['failedInBackground', 'renewing the lease', failure]));
    });

    it('renews again as soon as the authority answers', async () => {
      registry.fail('renew', new Error('no primary'));
      void keeper.keep(binding, dropped.signal);
      clock.advance(THIRD_MS);
      await settled();
      registry.fail('renew', undefined);
      clock.advance(THIRD_MS);
      await settled();

      expect(binding.usableUntilMs).to.equal(startMs + 2 * THIRD_MS + USABLE_MS);
    });

    it('ends without a reason when the binding is dropped, asleep or not', async () => {
      const keeping = keeper.keep(binding, dropped.signal);
      const other = new AbortController();
      const renew = registry.holdCall('renew');
      const keepingToo = keeper.keep(binding, other.signal);
      dropped.abort();
      clock.advance(THIRD_MS);
      await renew.reached;
      other.abort();
      cache.demote();
      renew.release();

      expect(await keeping).to.equal(undefined);
      expect(await keepingToo).to.equal(undefined);
    });
  });
});
