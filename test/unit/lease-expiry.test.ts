import { expect } from 'chai';
import type {
  CacheId,
  CacheRegistry,
  Generation,
  LeaseId,
  RegisteredCache,
} from '../../src/revocation/cache-registry.ts';
import { createLeaseExpiry, type LeaseExpiry } from '../../src/revocation/lease-expiry.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { rejectionOf } from './rejection.ts';

const CACHE = 'cache' as CacheId;
const GENERATION = 'generation' as Generation;
const LEASE = 'lease' as LeaseId;
const OTHER_LEASE = 'other lease' as LeaseId;
const LEASE_MS = 15_000;

/** A cache as it is read, with the counts of its leases. */
function cache(counts: readonly (readonly [LeaseId, number])[], leaseMs = LEASE_MS): RegisteredCache {
  const leases = new Map(counts.map(([leaseId, count]) => [leaseId, { count, leaseMs }]));
  return { cache: CACHE, generation: GENERATION, leases };
}

describe('The expiry of leases', () => {
  let clock: ManualClock;
  let removals: (readonly unknown[])[];
  let failure: Error | undefined;
  let leaseExpiry: LeaseExpiry;

  beforeEach(() => {
    clock = createManualClock();
    removals = [];
    failure = undefined;
    const removed = async (...removal: readonly unknown[]) => {
      removals.push(removal);
      if (failure !== undefined) throw failure;
    };
    const registry: Pick<CacheRegistry, 'removeLapsed' | 'removeEmpty'> = {
      removeLapsed: (...args) => removed('lapsed', ...args),
      removeEmpty: (...args) => removed('empty', ...args),
    };
    leaseExpiry = createLeaseExpiry(registry as CacheRegistry, clock);
  });

  it('leaves a lease alone when it sees it for the first time, however long ago it may have been renewed', async () => {
    clock.advance(LEASE_MS * 10);

    await leaseExpiry.expire([cache([[LEASE, 7]])]);

    expect(removals).to.deep.equal([]);
  });

  it('leaves a lease alone until its count has stayed the same for the full time', async () => {
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS - 1);

    await leaseExpiry.expire([cache([[LEASE, 7]])]);

    expect(removals).to.deep.equal([]);
  });

  it('removes a lease whose count has stayed the same for the full time, matched on that count', async () => {
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS);

    await leaseExpiry.expire([cache([[LEASE, 7]])]);

    expect(removals).to.deep.equal([['lapsed', CACHE, GENERATION, LEASE, 7]]);
  });

  it('begins the full time anew when the lease was renewed', async () => {
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS - 1);
    await leaseExpiry.expire([cache([[LEASE, 8]])]);
    clock.advance(LEASE_MS - 1);

    await leaseExpiry.expire([cache([[LEASE, 8]])]);

    expect(removals).to.deep.equal([]);
  });

  it('removes a renewed lease after the full time from when the renewal was seen, matched on the new count', async () => {
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS - 1);
    await leaseExpiry.expire([cache([[LEASE, 8]])]);
    clock.advance(LEASE_MS);

    await leaseExpiry.expire([cache([[LEASE, 8]])]);

    expect(removals).to.deep.equal([['lapsed', CACHE, GENERATION, LEASE, 8]]);
  });

  it('measures by the time since the first sight, and not by how often it looked', async () => {
    for (let time = 0; time < 100; time++) await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS / 2);
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS / 2);

    await leaseExpiry.expire([cache([[LEASE, 7]])]);

    expect(removals).to.have.length(1);
  });

  it('counts the duration of the lease itself, and not that of this instance’s leases', async () => {
    const registered = [cache([[LEASE, 7]], 500), cache([[OTHER_LEASE, 7]], 60_000)];
    await leaseExpiry.expire(registered);
    clock.advance(500);

    await leaseExpiry.expire(registered);

    expect(removals).to.deep.equal([['lapsed', CACHE, GENERATION, LEASE, 7]]);
  });

  it('judges each lease of a cache by itself', async () => {
    await leaseExpiry.expire([
      cache([
        [LEASE, 7],
        [OTHER_LEASE, 1],
      ]),
    ]);
    clock.advance(LEASE_MS);

    await leaseExpiry.expire([
      cache([
        [LEASE, 7],
        [OTHER_LEASE, 2],
      ]),
    ]);

    expect(removals).to.deep.equal([['lapsed', CACHE, GENERATION, LEASE, 7]]);
  });

  it('forgets a lease that was gone meanwhile', async () => {
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS / 2);
    await leaseExpiry.expire([]);
    clock.advance(LEASE_MS / 2);

    await leaseExpiry.expire([cache([[LEASE, 7]])]);

    expect(removals).to.deep.equal([]);
  });

  it('removes a lapsed lease again when its removal failed', async () => {
    failure = new Error('the registry is away');
    await leaseExpiry.expire([cache([[LEASE, 7]])]);
    clock.advance(LEASE_MS);
    const reason = await rejectionOf(leaseExpiry.expire([cache([[LEASE, 7]])]));
    failure = undefined;

    await leaseExpiry.expire([cache([[LEASE, 7]])]);

    expect(reason).to.be.instanceOf(Error).with.property('message', 'the registry is away');
    expect(removals).to.have.length(2);
  });

  it('removes a cache without any lease at once, and no other cache', async () => {
    await leaseExpiry.expire([cache([]), cache([[LEASE, 1]])]);

    expect(removals).to.deep.equal([['empty', CACHE, GENERATION]]);
  });
});
