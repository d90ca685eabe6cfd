import { expect } from 'chai';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { settled } from '../../testkit/settled.ts';
import {
  createRevocationWorld,
  hashOf,
  LEASE_MS,
  MERCHANT,
  OTHER_CACHE,
  OTHER_LEASE,
  type RevocationWorld,
} from './revocation-world.ts';
import { runSweeper, SWEEP_INTERVAL_MS, type SweeperRun } from './sweeper-run.ts';

const OTHER_MERCHANT = 'm2' as MerchantId;
const [KEY, OTHER_KEY] = [hashOf('key'), hashOf('other key')];

describe('The sweeper', () => {
  let world: RevocationWorld;
  let run: SweeperRun | undefined;

  beforeEach(() => {
    world = createRevocationWorld();
    run = undefined;
  });

  afterEach(() => run?.stop());

  async function start(): Promise<SweeperRun> {
    run = await runSweeper(world);
    return run;
  }

  it('finishes what a crashed instance began, though no caller repeats it', async () => {
    const { binding, connection } = await world.bind();
    const entry = { generation: binding.generation, hash: KEY };
    await world.fill(connection.port, entry);
    const { sweepAgain } = await start();
    await world.commit(['key']);

    await sweepAgain();

    expect(await connection.port.read(entry)).to.equal(undefined);
    expect(await world.pendingHashes()).to.deep.equal([]);
  });

  it('finishes it where there is no cache, and for every merchant', async () => {
    await world.commit(['key']);
    await world.commit(['other key'], OTHER_MERCHANT);

    await start();

    expect(await world.pendingHashes()).to.deep.equal([]);
  });

  it('sweeps once in each interval', async () => {
    await start();
    const sweeps = () => world.pending.names().filter((name) => name === 'list').length;
    const first = sweeps();
    world.clock.advance(SWEEP_INTERVAL_MS - 1);
    await settled();
    const justBefore = sweeps();
    world.clock.advance(1);
    await settled();

    expect([first, justBefore, sweeps()]).to.deep.equal([1, 1, 2]);
  });

  it('lists what is pending first, and only with that answer reads the registry', async () => {
    const listing = world.pending.holdReply('list');
    await start();
    await listing.reached;
    await settled();
    const whileListed = [...world.registry.names()];

    listing.release();
    await settled();

    expect(whileListed).to.deep.equal([]);
    expect(world.registry.names()).to.deep.equal(['read']);
  });

  it('acknowledges for the cache that it reaches, and leaves the entry pending for the other', async () => {
    const { binding } = await world.bind();
    const otherGeneration = await world.bindOther();
    await world.commit(['key']);
    const { sweepAgain, acknowledgers } = await start();
    const byOneOnly = await acknowledgers(KEY);

    const invalidation = { merchantId: MERCHANT, hash: KEY, acknowledgedBy: new Set<never>() };
    await world.pending.port.acknowledge(invalidation, otherGeneration);
    await sweepAgain();

    expect(byOneOnly).to.deep.equal([binding.generation]);
    expect(await world.pendingHashes()).to.deep.equal([]);
  });

  it('removes an entry once: what its cache has acknowledged it leaves alone', async () => {
    const { connection } = await world.bind();
    await world.bindOther();
    await world.commit(['key']);

    const { sweepAgain } = await start();
    await sweepAgain(3);

    expect(connection.argumentsOf('remove')).to.have.length(1);
    expect(world.pending.argumentsOf('acknowledge')).to.have.length(1);
  });

  it('removes under the registry’s generation, whatever the binding’s own is', async () => {
    const { binding, connection } = await world.bind();
    await world.registry.port.removeLapsed(binding.cache, binding.generation, binding.leaseId, 0);
    const generation = await world.registry.port.register(binding.cache, OTHER_LEASE, LEASE_MS);
    await world.fill(connection.port, { generation, hash: KEY });
    await world.commit(['key']);

    await start();

    expect(await connection.port.read({ generation, hash: KEY })).to.equal(undefined);
    expect(await world.pendingHashes()).to.deep.equal([]);
  });

  it('confirms each hash by itself, and leaves one that somebody still has to forget', async () => {
    const otherGeneration = await world.bindOther();
    await world.commit(['key', 'other key']);
    const invalidation = { merchantId: MERCHANT, hash: KEY, acknowledgedBy: new Set<never>() };
    await world.pending.port.acknowledge(invalidation, otherGeneration);

    await start();

    expect(await world.pendingHashes()).to.deep.equal([OTHER_KEY]);
  });

  it('counts no reply for a binding that was replaced before it came', async () => {
    const { connection } = await world.bind();
    await world.commit(['key']);
    const removal = connection.holdReply('remove');
    await start();
    await removal.reached;
    world.unbind();

    removal.release();
    await settled();

    expect(world.pending.argumentsOf('acknowledge')).to.deep.equal([]);
    expect(await world.pendingHashes()).to.deep.equal([KEY]);
  });

  it('removes the lease of a crashed instance after its full time, also when nothing is pending', async () => {
    await world.bindOther();
    const { sweepAgain } = await start();
    await sweepAgain(LEASE_MS / SWEEP_INTERVAL_MS - 1);
    const before = await world.registry.port.read();
    await sweepAgain();

    expect(before.map(({ cache }) => cache)).to.deep.equal([OTHER_CACHE]);
    expect(await world.registry.port.read()).to.deep.equal([]);
  });

  it('leaves a lease that was renewed since it read the count', async () => {
    const generation = await world.bindOther();
    const { sweepAgain } = await start();
    const removal = world.registry.holdCall('removeLapsed');
    await sweepAgain(LEASE_MS / SWEEP_INTERVAL_MS);
    await removal.reached;
    await world.registry.port.renew(OTHER_CACHE, generation, OTHER_LEASE);

    removal.release();
    await settled();

    const [registered] = await world.registry.port.read();
    expect(registered?.leases.get(OTHER_LEASE)?.count).to.equal(1);
  });

  it('goes on after a sweep that failed, and says so', async () => {
    const failure = new Error('no primary');
    await world.commit(['key']);
    world.pending.fail('list', failure);
    const { sweepAgain } = await start();
    world.pending.fail('list', undefined);
    await sweepAgain();

    expect(world.events).to.deep.equal([['failedInBackground', 'sweeping', failure]]);
    expect(await world.pendingHashes()).to.deep.equal([]);
  });

  it('has ended when it is stopped', async () => {
    const { sweepAgain } = await start();
    await run?.stop();
    const before = world.pending.names().length;

    await sweepAgain(2);

    expect(world.pending.names()).to.have.length(before);
  });
});
