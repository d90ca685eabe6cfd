import { expect } from 'chai';
import { createLeaseWatch, type LeaseWatch } from '../../src/cache/lease-watch.ts';
import type { Generation, HolderId, HolderRegistry, LeaseId, RegisteredHolder } from '../../src/core/revocation.ts';
import { type MonotonicClock, takeMonotonicClock } from './monotonic-clock.ts';
import { rejectionOf } from './rejection.ts';

const HOLDER = 'holder' as HolderId;
const GENERATION = 'generation' as Generation;
const LEASE = 'lease' as LeaseId;
const OTHER_LEASE = 'other lease' as LeaseId;
const LEASE_MS = 15_000;

/** A holder as it is read, with the counts of its leases. */
function holder(counts: readonly (readonly [LeaseId, number])[], leaseMs = LEASE_MS): RegisteredHolder {
  const leases = new Map(counts.map(([leaseId, count]) => [leaseId, { count, leaseMs }]));
  return { holder: HOLDER, generation: GENERATION, leases };
}

describe('The lease watch', () => {
  let clock: MonotonicClock;
  let removals: (readonly unknown[])[];
  let failure: Error | undefined;
  let watch: LeaseWatch;

  beforeEach(() => {
    clock = takeMonotonicClock();
    removals = [];
    failure = undefined;
    const removed = async (...removal: readonly unknown[]) => {
      removals.push(removal);
      if (failure !== undefined) throw failure;
    };
    const registry: Pick<HolderRegistry, 'removeLapsed' | 'removeEmpty'> = {
      removeLapsed: (...args) => removed('lapsed', ...args),
      removeEmpty: (...args) => removed('empty', ...args),
    };
    watch = createLeaseWatch(registry as HolderRegistry);
  });

  afterEach(() => clock.restore());

  it('leaves a lease alone when it sees it for the first time, however long ago it may have been renewed', async () => {
    clock.advance(LEASE_MS * 10);

    await watch.observe([holder([[LEASE, 7]])]);

    expect(removals).to.deep.equal([]);
  });

  it('leaves a lease alone until its count has stayed the same for the full time', async () => {
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS - 1);

    await watch.observe([holder([[LEASE, 7]])]);

    expect(removals).to.deep.equal([]);
  });

  it('removes a lease whose count has stayed the same for the full time, matched on that count', async () => {
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS);

    await watch.observe([holder([[LEASE, 7]])]);

    expect(removals).to.deep.equal([['lapsed', HOLDER, GENERATION, LEASE, 7]]);
  });

  it('begins the full time anew when the lease was renewed', async () => {
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS - 1);
    await watch.observe([holder([[LEASE, 8]])]);
    clock.advance(LEASE_MS - 1);

    await watch.observe([holder([[LEASE, 8]])]);

    expect(removals).to.deep.equal([]);
  });

  it('removes a renewed lease after the full time from when the renewal was seen, matched on the new count', async () => {
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS - 1);
    await watch.observe([holder([[LEASE, 8]])]);
    clock.advance(LEASE_MS);

    await watch.observe([holder([[LEASE, 8]])]);

    expect(removals).to.deep.equal([['lapsed', HOLDER, GENERATION, LEASE, 8]]);
  });

  it('measures by the time since the first sight, and not by how often it looked', async () => {
    for (let time = 0; time < 100; time++) await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS / 2);
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS / 2);

    await watch.observe([holder([[LEASE, 7]])]);

    expect(removals).to.have.length(1);
  });

  it('takes the time of the lease itself, and not the own instance’s', async () => {
    const registered = [holder([[LEASE, 7]], 500), holder([[OTHER_LEASE, 7]], 60_000)];
    await watch.observe(registered);
    clock.advance(500);

    await watch.observe(registered);

    expect(removals).to.deep.equal([['lapsed', HOLDER, GENERATION, LEASE, 7]]);
  });

  it('judges each lease of a holder by itself', async () => {
    await watch.observe([
      holder([
        [LEASE, 7],
        [OTHER_LEASE, 1],
      ]),
    ]);
    clock.advance(LEASE_MS);

    await watch.observe([
      holder([
        [LEASE, 7],
        [OTHER_LEASE, 2],
      ]),
    ]);

    expect(removals).to.deep.equal([['lapsed', HOLDER, GENERATION, LEASE, 7]]);
  });

  it('forgets a lease that was gone meanwhile', async () => {
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS / 2);
    await watch.observe([]);
    clock.advance(LEASE_MS / 2);

    await watch.observe([holder([[LEASE, 7]])]);

    expect(removals).to.deep.equal([]);
  });

  it('removes a lapsed lease again when its removal failed', async () => {
    failure = new Error('the registry is away');
    await watch.observe([holder([[LEASE, 7]])]);
    clock.advance(LEASE_MS);
    const reason = await rejectionOf(watch.observe([holder([[LEASE, 7]])]));
    failure = undefined;

    await watch.observe([holder([[LEASE, 7]])]);

    expect(reason).to.be.instanceOf(Error).with.property('message', 'the registry is away');
    expect(removals).to.have.length(2);
  });

  it('removes a holder without any lease at once, and no other holder', async () => {
    await watch.observe([holder([]), holder([[LEASE, 1]])]);

    expect(removals).to.deep.equal([['empty', HOLDER, GENERATION]]);
  });
});
