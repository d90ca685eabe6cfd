import { expect } from 'chai';
import { ServiceError } from '../../src/core/errors.ts';
import type { CacheId } from '../../src/revocation/cache-registry.ts';
import type { Confirmer } from '../../src/revocation/confirmer.ts';
import { settled } from '../../testkit/settled.ts';
import {
  type ConfirmerRun,
  createConfirmerRun,
  CONFIRM_POLL_MS as POLL_MS,
  CONFIRM_TIMEOUT_MS as TIMEOUT_MS,
} from './confirmer-run.ts';
import {
  createRevocationWorld,
  hashOf,
  LEASE_MS,
  MERCHANT,
  OTHER_CACHE,
  OTHER_LEASE,
  type RevocationWorld,
} from './revocation-world.ts';

const [KEY, OTHER_KEY] = [hashOf('key'), hashOf('other key')];

describe('The confirmer', () => {
  let world: RevocationWorld;
  let confirmer: Confirmer;
  let begin: ConfirmerRun['begin'];
  let pass: ConfirmerRun['pass'];

  beforeEach(() => {
    world = createRevocationWorld();
    ({ confirmer, begin, pass } = createConfirmerRun(world));
  });

  it('asks neither authority nor cache where nothing is pending', async () => {
    await confirmer.confirm(MERCHANT, []);

    expect(world.registry.names()).to.deep.equal([]);
    expect(world.events).to.deep.equal([]);
  });

  it('confirms at once where there is no cache', async () => {
    const hashes = await world.commit(['key']);

    await confirmer.confirm(MERCHANT, hashes);

    expect(await world.pendingHashes()).to.deep.equal([]);
    expect(world.events).to.deep.equal([['confirmationEnded', 'confirmed', 0, false]]);
  });

  describe('in the cache that this instance is bound to', () => {
    it('removes the entry, and leaves every other one', async () => {
      const { binding, connection } = await world.bind();
      const entries = [KEY, OTHER_KEY].map((hash) => ({ generation: binding.generation, hash }));
      for (const entry of entries) await world.fill(connection.port, entry);
      await world.commit(['key']);

      await confirmer.confirm(MERCHANT, [KEY]);

      const left = await Promise.all(entries.map((entry) => connection.port.read(entry)));
      expect(left.map((entry) => entry?.status)).to.deep.equal([undefined, 'active']);
    });

    it('removes it under the generation that the registry has, whatever the binding’s own is', async () => {
      const { binding, connection } = await world.bind();
      await world.registry.port.removeLapsed(binding.cache, binding.generation, binding.leaseId, 0);
      const generation = await world.registry.port.register(binding.cache, OTHER_LEASE, LEASE_MS);
      await world.fill(connection.port, { generation, hash: KEY });
      await world.commit(['key']);

      await confirmer.confirm(MERCHANT, [KEY]);

      expect(connection.argumentsOf('remove')).to.deep.equal([[{ generation, hash: KEY }]]);
      expect(await connection.port.read({ generation, hash: KEY })).to.equal(undefined);
    });

    it('takes no reply for it that came when the binding was already another one', async () => {
      const { connection } = await world.bind();
      await world.commit(['key']);
      const removal = connection.holdReply('remove');
      const confirming = begin();
      await removal.reached;
      world.unbind();

      removal.release();
      await settled();

      expect(confirming.outcome()).to.equal('under way');
      expect(await world.pendingHashes()).to.deep.equal([KEY]);
    });

    it('waits for somebody else where the removal fails', async () => {
      const { binding, connection } = await world.bind();
      await world.commit(['key']);
      connection.fail('remove', new Error('timed out'));
      const confirming = begin();
      await pass(POLL_MS);
      const afterFailure = confirming.outcome();

      await acknowledge(binding.cache);
      await pass(POLL_MS);

      expect(afterFailure).to.equal('under way');
      expect(confirming.outcome()).to.equal('confirmed');
    });
  });

  describe('for a cache that this instance does not reach', () => {
    beforeEach(() => world.bindOther());

    it('waits until it has acknowledged', async () => {
      await world.commit(['key']);
      const confirming = begin();
      await pass(4 * POLL_MS);
      const before = confirming.outcome();

      await acknowledge(OTHER_CACHE);
      await pass(POLL_MS);

      expect(before).to.equal('under way');
      expect(confirming.outcome()).to.equal('confirmed');
      expect(await world.pendingHashes()).to.deep.equal([]);
      expect(world.events).to.deep.equal([['confirmationWaits'], ['confirmationEnded', 'confirmed', 0.25, true]]);
    });

    it('waits no longer when it has left the registry', async () => {
      await world.commit(['key']);
      const confirming = begin();
      await pass(POLL_MS);
      await world.registry.port.release(OTHER_CACHE, (await other()).generation, OTHER_LEASE);
      await pass(POLL_MS);

      expect(confirming.outcome()).to.equal('confirmed');
    });

    it('waits for the full lease where it stays silent, and removes the lease then', async () => {
      await world.commit(['key']);
      const confirming = begin();
      await pass(LEASE_MS);
      const beforeItsEnd = confirming.outcome();

      await pass(3 * POLL_MS);

      expect(beforeItsEnd).to.equal('under way');
      expect(confirming.outcome()).to.equal('confirmed');
      expect(confirming.endedAfterMs()).to.be.within(LEASE_MS, LEASE_MS + 3 * POLL_MS);
      expect(await world.registry.port.read()).to.deep.equal([]);
    });

    it('goes on waiting while its lease is renewed, and gives up in time', async () => {
      await world.commit(['key']);
      const confirming = begin();
      const { generation } = await other();
      for (let passed = 0; passed < TIMEOUT_MS; passed += LEASE_MS / 3) {
        await world.registry.port.renew(OTHER_CACHE, generation, OTHER_LEASE);
        await pass(LEASE_MS / 3);
      }

      expect(confirming.outcome()).to.be.instanceOf(ServiceError).with.property('code', 'revocation_unconfirmed');
      expect(confirming.endedAfterMs()).to.be.within(TIMEOUT_MS - 2 * POLL_MS, TIMEOUT_MS);
      expect(await world.pendingHashes()).to.deep.equal([KEY]);
      expect(world.events.at(-1)?.slice(0, 2)).to.deep.equal(['confirmationEnded', 'unconfirmed']);
    });

    it('takes the acknowledgement of one hash for no other', async () => {
      await world.commit(['key', 'other key']);
      const confirming = begin([KEY, OTHER_KEY]);
      await pass(POLL_MS);

      await acknowledge(OTHER_CACHE, OTHER_KEY);
      await pass(2 * POLL_MS);

      expect(confirming.outcome()).to.equal('under way');
      expect(await world.pendingHashes()).to.deep.equal([KEY, OTHER_KEY]);
    });

    it('does not wait for an entry that it was not asked for', async () => {
      await world.commit(['key', 'other key']);
      const confirming = begin([KEY]);
      await pass(POLL_MS);

      await acknowledge(OTHER_CACHE, KEY);
      await pass(POLL_MS);

      expect(confirming.outcome()).to.equal('confirmed');
      expect(await world.pendingHashes()).to.deep.equal([OTHER_KEY]);
    });

    it('takes the acknowledgement of one cache for no other', async () => {
      const third = 'a third cache' as CacheId;
      await world.registry.port.register(third, OTHER_LEASE, LEASE_MS);
      await world.commit(['key']);
      const confirming = begin();
      await pass(POLL_MS);

      await acknowledge(third);
      await pass(2 * POLL_MS);

      expect(confirming.outcome()).to.equal('under way');
    });

    it('takes an entry for confirmed that somebody else has confirmed', async () => {
      await world.commit(['key']);
      const confirming = begin();
      await pass(POLL_MS);
      await world.pending.port.confirm(MERCHANT, [KEY]);
      await pass(POLL_MS);

      expect(confirming.outcome()).to.equal('confirmed');
    });

    it('looks at the pending entries first, and only with their answer at the registry', async () => {
      await world.commit(['key']);
      begin();
      await settled();
      const registryReads = () => world.registry.names().filter((name) => name === 'read').length;
      const listing = world.pending.holdReply('listOf');
      const before = registryReads();
      world.clock.advance(POLL_MS);
      await listing.reached;
      await settled();
      const whileListed = registryReads();

      listing.release();
      await settled();

      expect([whileListed, registryReads()]).to.deep.equal([before, before + 1]);
    });
  });

  it('confirms what the change left pending, and nothing that came since', async () => {
    await world.commit(['key', 'other key']);

    await confirmer.confirm(MERCHANT, [KEY]);

    expect(await world.pendingHashes()).to.deep.equal([OTHER_KEY]);
  });

  async function other() {
    const found = (await world.registry.port.read()).find(({ cache }) => cache === OTHER_CACHE);
    if (found === undefined) throw new Error('the other cache is not registered');
    return found;
  }

  async function acknowledge(cacheId: CacheId, hash = KEY): Promise<void> {
    const found = (await world.registry.port.read()).find(({ cache }) => cache === cacheId);
    if (found === undefined) throw new Error('the cache is not registered');
    await world.pending.port.acknowledge({ merchantId: MERCHANT, hash, acknowledgedBy: new Set() }, found.generation);
  }
});
