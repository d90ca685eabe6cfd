import { expect } from 'chai';
import type { KeyState, KeyStore } from '../../src/core/key-store.ts';
import type { Binding } from '../../src/revocation/binding.ts';
import type { CacheConnection, EntryKey, FillToken } from '../../src/revocation/cache-connection.ts';
import { createCachedStore } from '../../src/store/redis/cached-store.ts';
import type { CircuitBreaker } from '../../src/store/redis/circuit-breaker.ts';
import { settled } from '../../testkit/settled.ts';
import { type WatchedPort, watchPort } from '../../testkit/watched-port.ts';
import { rejectionOf } from '../unit/rejection.ts';
import { createRevocationWorld, hashOf, MERCHANT, REVOKED_AT, type RevocationWorld } from './revocation-world.ts';

const TTL_MS = 30_000;
const FILL_MS = 60_000;
const HASH = hashOf('key');
const ACTIVE: KeyState = { status: 'active', merchantId: MERCHANT };
const REVOKED: KeyState = { status: 'revoked', revokedAt: REVOKED_AT };
const OTHERS_TOKEN = 'the token of another fill' as FillToken;

describe('The cached store', () => {
  let world: RevocationWorld;
  let connection: WatchedPort<CacheConnection>;
  let binding: Binding;
  let entry: EntryKey;
  let authority: WatchedPort<KeyStore>;
  let asks: ('allows' | 'succeeded' | 'failed')[];
  let mayAsk: boolean;
  let store: KeyStore;

  beforeEach(async () => {
    world = createRevocationWorld();
    ({ connection, binding } = await world.bind());
    entry = { generation: binding.generation, hash: HASH };
    await world.authority.activate(MERCHANT, { hash: HASH, visiblePrefix: 'ipa_live_abc', createdAt: REVOKED_AT });
    authority = watchPort(world.authority as unknown as KeyStore);
    asks = [];
    mayAsk = true;
    const breaker: CircuitBreaker = {
      allows: () => mayAsk,
      succeeded: () => void asks.push('succeeded'),
      failed: () => void asks.push('failed'),
    };
    const { bindings, observer } = world;
    store = createCachedStore(authority.port, { bindings, breaker, observer, ttlMs: TTL_MS, fillMs: FILL_MS });
  });

  const sources = () => world.events.filter(([name]) => name === 'lookedUp').map(([, source]) => source);
  const cached = () => connection.port.read(entry);
  const readsOfTheAuthority = () => authority.names().filter((name) => name === 'lookup').length;

  describe('where the cache has a verdict', () => {
    it('answers valid from it alone', async () => {
      await world.fill(connection.port, entry);

      expect(await store.lookup(HASH)).to.deep.equal(ACTIVE);
      expect(readsOfTheAuthority()).to.equal(0);
      expect(sources()).to.deep.equal(['redis']);
    });

    it('answers revoked from it', async () => {
      await connection.port.placeFillToken(entry, OTHERS_TOKEN, FILL_MS);
      await connection.port.fill(entry, OTHERS_TOKEN, REVOKED, TTL_MS);

      expect(await store.lookup(HASH)).to.deep.equal(REVOKED);
      expect(readsOfTheAuthority()).to.equal(0);
    });

    const losses: readonly (readonly [string, () => unknown])[] = [
      ['its lease has ended', () => world.clock.advance(binding.usableUntilMs - world.clock.nowMs())],
      ['the binding was dropped', () => world.unbind()],
    ];
    const rebinding = ['the instance is bound anew', () => world.bind()] as const;

    for (const [name, change] of [...losses, rebinding]) {
      it(`answers from the authority when ${name} before the reply came`, async () => {
        await world.fill(connection.port, entry);
        await world.authority.revoke(MERCHANT, REVOKED_AT);
        const read = connection.holdReply('read');
        const looking = store.lookup(HASH);
        await read.reached;
        await change();
        read.release();

        expect(await looking).to.deep.equal(REVOKED);
        expect(sources()).to.deep.equal(['authority']);
      });
    }

    for (const [name, lose] of losses) {
      it(`does not ask the cache once ${name}`, async () => {
        await world.fill(connection.port, entry);
        await world.authority.revoke(MERCHANT, REVOKED_AT);
        await lose();

        expect(await store.lookup(HASH)).to.deep.equal(REVOKED);
        expect(connection.argumentsOf('read')).to.deep.equal([]);
      });
    }
  });

  describe('where the cache has nothing', () => {
    it('reads the authority, and leaves the verdict for its time to live', async () => {
      const state = await store.lookup(HASH);
      await settled();
      const filled = await cached();
      world.clock.advance(TTL_MS - 1);
      const nearItsEnd = await cached();
      world.clock.advance(1);

      expect([state, filled, nearItsEnd]).to.deep.equal([ACTIVE, ACTIVE, ACTIVE]);
      expect(await cached()).to.equal(undefined);
      expect(sources()).to.deep.equal(['authority_filled']);
    });

    it('asks the authority only when its token is in the cache', async () => {
      const placing = connection.holdReply('placeFillToken');
      const looking = store.lookup(HASH);
      await placing.reached;
      await settled();
      const whilePlacing = readsOfTheAuthority();
      placing.release();
      await looking;

      expect([whilePlacing, readsOfTheAuthority()]).to.deep.equal([0, 1]);
    });

    it('leaves the token for as long as a fill may take', async () => {
      const reading = authority.holdCall('lookup');
      const looking = store.lookup(HASH);
      await reading.reached;
      world.clock.advance(FILL_MS - 1);
      const nearItsEnd = await cached();
      world.clock.advance(1);
      const afterwards = await cached();
      reading.release();
      await looking;

      expect(nearItsEnd).to.deep.equal({ status: 'filling' });
      expect(afterwards).to.equal(undefined);
    });

    it('takes another token for each fill', async () => {
      await store.lookup(HASH);
      await settled();
      await connection.port.remove(entry);
      await store.lookup(HASH);

      const [first, second] = connection.argumentsOf('placeFillToken').map(([, token]) => token);
      expect(second).not.to.equal(first);
    });

    it('fills nothing when a revocation removed its token meanwhile', async () => {
      const reading = authority.holdReply('lookup');
      const looking = store.lookup(HASH);
      await reading.reached;
      await world.authority.revoke(MERCHANT, REVOKED_AT);
      await connection.port.remove(entry);
      reading.release();
      await looking;
      await settled();

      expect(await cached()).to.equal(undefined);
    });

    it('fills nothing where another fill has its token there by then', async () => {
      const reading = authority.holdReply('lookup');
      const looking = store.lookup(HASH);
      await reading.reached;
      await connection.port.remove(entry);
      await connection.port.placeFillToken(entry, OTHERS_TOKEN, FILL_MS);
      reading.release();
      await looking;
      await settled();

      expect(await cached()).to.deep.equal({ status: 'filling' });
    });

    it('caches a revoked key, and leaves nothing of an unknown one', async () => {
      const unknown = hashOf('unknown key');
      await world.authority.revoke(MERCHANT, REVOKED_AT);

      const states = [await store.lookup(HASH), await store.lookup(unknown)];
      await settled();

      expect(states).to.deep.equal([REVOKED, { status: 'unknown' }]);
      expect(await cached()).to.deep.equal(REVOKED);
      expect(await connection.port.read({ ...entry, hash: unknown })).to.equal(undefined);
    });

    it('answers before the fill has happened, and although it fails', async () => {
      connection.fail('fill', new Error('timed out'));

      expect(await store.lookup(HASH)).to.deep.equal(ACTIVE);
      await settled();
    });

    it('throws what the authority throws', async () => {
      const failure = new Error('no primary');
      authority.fail('lookup', failure);

      expect(await rejectionOf(Promise.resolve(store.lookup(HASH)))).to.equal(failure);
    });
  });

  describe('answers from the authority alone, and fills nothing', () => {
    const obstacles: readonly (readonly [string, () => unknown])[] = [
      ['somebody else is filling', () => connection.port.placeFillToken(entry, OTHERS_TOKEN, FILL_MS)],
      ['the cache does not answer', () => connection.fail('read', new Error('timed out'))],
      ['the cache takes no token', () => connection.fail('placeFillToken', new Error('OOM'))],
      ['the cache has become a replica', () => world.cache.demote()],
      [
        'the breaker is open',
        () => {
          mayAsk = false;
        },
      ],
    ];
    for (const [name, obstruct] of obstacles) {
      it(`when ${name}`, async () => {
        await obstruct();

        expect(await store.lookup(HASH)).to.deep.equal(ACTIVE);
        await settled();
        expect(connection.argumentsOf('fill')).to.deep.equal([]);
        expect(sources()).to.deep.equal(['authority']);
      });
    }
  });

  it('shows the breaker how each read ended', async () => {
    await store.lookup(HASH);
    connection.fail('read', new Error('timed out'));
    await store.lookup(HASH);

    expect(asks).to.deep.equal(['succeeded', 'failed']);
  });

  it('does not ask the cache while the breaker is open', async () => {
    mayAsk = false;

    await store.lookup(HASH);

    expect(connection.names()).to.deep.equal([]);
  });

  it('asks the store behind it for everything else', async () => {
    await store.revoke(MERCHANT, REVOKED_AT);
    await store.activate(MERCHANT, { hash: hashOf('next'), visiblePrefix: 'ipa_live_abc', createdAt: REVOKED_AT });
    await store.findActive(MERCHANT);
    await store.recordUses([]);
    await store.ping();
    await store.close();

    expect(authority.names()).to.deep.equal(['revoke', 'activate', 'findActive', 'recordUses', 'ping', 'close']);
  });
});
