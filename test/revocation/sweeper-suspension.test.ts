import { expect } from 'chai';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { createRevocationWorld, hashOf, MERCHANT, OWN_LEASE, type RevocationWorld } from './revocation-world.ts';
import { runSweeper, type SweeperRun } from './sweeper-run.ts';

const OTHER_MERCHANT = 'm2' as MerchantId;
const [KEY, OTHER_KEY] = [hashOf('key'), hashOf('other key')];

describe('A sweeper that cannot clean the cache of its own instance', () => {
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

  const failure = new Error('OOM');

  async function failOnce(names: readonly string[]): Promise<SweeperRun> {
    const { connection } = await world.bind();
    await world.bindOther();
    await world.commit(names);
    connection.fail('remove', failure);
    return start();
  }

  it('suspends the binding, and does not resume it while the entry is pending', async () => {
    const { suspensions, sweepAgain } = await failOnce(['key']);
    const afterFailure = [...suspensions];
    await sweepAgain(3);

    // The first sweep begins with nothing that failed.
    expect(afterFailure).to.deep.equal([['resume'], ['suspend', failure]]);
    expect(suspensions).to.deep.equal(afterFailure);
  });

  it('resumes it when the entry is no longer pending', async () => {
    const { suspensions, sweepAgain } = await failOnce(['key']);
    await world.pending.port.confirm(MERCHANT, [KEY]);

    await sweepAgain();

    expect(suspensions.at(-1)).to.deep.equal(['resume']);
  });

  it('does not resume it while any entry that failed is pending', async () => {
    // This merchant is listed first from then on.
    await world.pending.port.confirm(MERCHANT, await world.commit(['an earlier key']));
    const { connection } = await world.bind();
    await world.bindOther();
    await world.commit(['other key'], OTHER_MERCHANT);
    connection.fail('remove', failure);
    const { sweepAgain, suspensions } = await start();
    await world.commit(['key']);
    (await world.bind()).connection.fail('remove', failure);
    await sweepAgain();
    const before = [...suspensions];
    await world.pending.port.confirm(OTHER_MERCHANT, [OTHER_KEY]);
    await sweepAgain();
    const withOneLeft = [...suspensions];
    await world.pending.port.confirm(MERCHANT, [KEY]);
    await sweepAgain();

    expect(before.slice(1)).to.deep.equal(Array(2).fill(['suspend', failure]));
    expect(withOneLeft).to.deep.equal(before);
    expect(suspensions.at(-1)).to.deep.equal(['resume']);
  });

  it('confirms nothing by the failed removal', async () => {
    const { acknowledgers } = await failOnce(['key']);

    expect(await acknowledgers(KEY)).to.deep.equal([]);
    expect(await world.pendingHashes()).to.deep.equal([KEY]);
  });

  it('sees the entry confirmed once its own lease has lapsed', async () => {
    const { binding, connection } = await world.bind();
    await world.commit(['key']);
    connection.fail('remove', failure);
    const { sweepAgain } = await start();

    await world.registry.port.release(binding.cache, binding.generation, OWN_LEASE);
    await sweepAgain();

    expect(await world.pendingHashes()).to.deep.equal([]);
  });
});
