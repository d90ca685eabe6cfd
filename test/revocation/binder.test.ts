import { expect } from 'chai';
import { type Binder, startBinder } from '../../src/revocation/binder.ts';
import type { Binding } from '../../src/revocation/binding.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheRegistry } from '../../src/revocation/cache-registry.ts';
import { createLeaseKeeper } from '../../src/revocation/lease-keeper.ts';
import { type CacheEvent, createCacheEvents } from '../../testkit/cache-events.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryCache, type MemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import { settled } from '../../testkit/settled.ts';
import { type WatchedPort, watchPort } from '../../testkit/watched-port.ts';

const LEASE_MS = 9_000;
const USABLE_MS = LEASE_MS * 0.9;
const RETRY_MS = 1_000;

describe('The binder', () => {
  let clock: ManualClock;
  let cache: MemoryCache;
  let registry: WatchedPort<CacheRegistry>;
  let connections: CacheConnection[];
  let events: CacheEvent[];
  let binder: Binder;

  beforeEach(() => {
    clock = createManualClock();
    cache = createMemoryCache({ clock });
    registry = watchPort(createMemoryCacheRegistry());
    connections = [];
  });

  afterEach(() => binder.close());

  function start(): void {
    const cacheEvents = createCacheEvents();
    events = cacheEvents.events;
    const common = { clock, observer: cacheEvents.observer };
    binder = startBinder({
      ...common,
      leaseKeeper: createLeaseKeeper({ ...common, registry: registry.port, leaseMs: LEASE_MS }),
      retryMs: RETRY_MS,
      async connect() {
        const connection = await cache.connect();
        connections.push(connection);
        return connection;
      },
    });
  }

  async function bind(): Promise<Binding> {
    start();
    await settled();
    return current();
  }

  function current(): Binding {
    const binding = binder.current();
    if (binding === undefined) throw new Error('there is no binding');
    return binding;
  }

  const isClosed = (connection: CacheConnection | undefined) => {
    let closed = false;
    connection?.onClosed(() => {
      closed = true;
    });
    return closed;
  };
  const leases = async () => (await registry.port.read()).flatMap((registered) => [...registered.leases.keys()]);
  const names = () => events.map(([name]) => name);

  describe('binds the instance', () => {
    it('to the cache that it registered with, and not before', async () => {
      const register = registry.holdReply('register');
      start();
      await register.reached;
      const whileRegistering = binder.current();
      register.release();
      await settled();

      expect(whileRegistering).to.equal(undefined);
      expect(await leases()).to.deep.equal([current().leaseId]);
      expect(names()).to.deep.equal(['bound']);
    });

    it('until its lease ends, to the millisecond, unless it is renewed', async () => {
      const binding = await bind();
      const renew = registry.holdCall('renew');
      clock.advance(USABLE_MS - 1);
      const before = binder.isUsable(binding);
      clock.advance(1);
      const atItsEnd = binder.isUsable(binding);
      renew.release();

      expect([before, atItsEnd]).to.deep.equal([true, false]);
    });

    it('never to a replica', async () => {
      cache.demote();
      start();
      for (let attempt = 0; attempt < 3; attempt++) {
        await settled();
        clock.advance(RETRY_MS);
      }

      expect(binder.current()).to.equal(undefined);
      expect(registry.names()).to.deep.equal([]);
      expect(connections.map(isClosed)).not.to.include(false);
      expect(names()).not.to.include('bound');
    });

    it('after a pause, when the cache could not be reached', async () => {
      cache.stop();
      start();
      await settled();
      cache.restart();
      clock.advance(RETRY_MS - 1);
      await settled();
      const beforeThePauseEnds = binder.current();
      clock.advance(1);
      await settled();

      expect(beforeThePauseEnds).to.equal(undefined);
      expect(current().cache).to.equal(cache.identity());
      expect(names()).to.deep.equal(['unbound', 'bound']);
    });

    it('after a pause, when the authority did not answer, on another connection', async () => {
      registry.fail('register', new Error('no primary'));
      start();
      await settled();
      registry.fail('register', undefined);
      clock.advance(RETRY_MS);
      await settled();

      expect(connections.map(isClosed)).to.deep.equal([true, false]);
      expect(current().connection).to.equal(connections[1]);
    });
  });

  describe('drops the binding', () => {
    it('in the turn in which its connection is closed, and releases the lease afterwards', async () => {
      const binding = await bind();
      const release = registry.holdCall('release');

      cache.closeConnections();

      expect(binder.current()).to.equal(undefined);
      expect(binder.isUsable(binding)).to.equal(false);
      await release.reached;
      release.release();
      await settled();
      expect(await leases()).to.deep.equal([]);
      expect(names()).to.deep.equal(['bound', 'unbound']);
    });

    it('when its connection was closed while it registered: it is never used', async () => {
      const register = registry.holdReply('register');
      start();
      await register.reached;
      cache.closeConnections();
      register.release();
      await settled();

      expect(binder.current()).to.equal(undefined);
      expect(await leases()).to.deep.equal([]);
    });

    it('when the lease is lost, closes the connection, and binds again under another lease', async () => {
      const lost = await bind();
      await registry.port.removeLapsed(lost.cache, lost.generation, lost.leaseId, 0);
      clock.advance(LEASE_MS / 3);
      await settled();
      const afterLoss = binder.current();
      clock.advance(RETRY_MS);
      await settled();

      expect(afterLoss).to.equal(undefined);
      expect(isClosed(lost.connection)).to.equal(true);
      expect(binder.isUsable(lost)).to.equal(false);
      expect(current().leaseId).not.to.equal(lost.leaseId);
      expect(current().generation).not.to.equal(lost.generation);
    });

    it('before it asks for the release, whatever the reason', async () => {
      const usedWhileReleased: unknown[] = [];
      const release = registry.port.release;
      registry.port.release = async (...args) => {
        usedWhileReleased.push(binder.current());
        await release(...args);
      };
      await bind();
      binder.suspend(new Error('it cannot be cleaned'));
      await settled();
      binder.resume();
      clock.advance(RETRY_MS);
      await settled();
      await binder.close();

      expect(usedWhileReleased).to.deep.equal([undefined, undefined]);
    });
  });

  describe('when it is suspended', () => {
    it('drops and releases the binding at once, and makes no other one before it is resumed', async () => {
      const binding = await bind();
      const reason = new Error('it cannot be cleaned');

      binder.suspend(reason);

      expect(binder.current()).to.equal(undefined);
      expect(isClosed(binding.connection)).to.equal(true);
      await settled();
      expect(await leases()).to.deep.equal([]);
      expect(events.at(-1)).to.deep.equal(['unbound', reason]);
      for (let time = 0; time < 3; time++) {
        clock.advance(RETRY_MS);
        await settled();
      }
      expect(connections).to.have.length(1);
      binder.resume();
      clock.advance(RETRY_MS);
      await settled();
      expect(current().connection).to.equal(connections[1]);
    });

    it('does not use a binding that is just being made, and gives its lease back', async () => {
      const register = registry.holdReply('register');
      start();
      await register.reached;

      binder.suspend(new Error('it cannot be cleaned'));
      register.release();
      await settled();

      expect(binder.current()).to.equal(undefined);
      expect(await leases()).to.deep.equal([]);
      expect(connections.map(isClosed)).to.deep.equal([true]);
    });
  });

  describe('when it is closed', () => {
    it('drops the binding at once, and has released the lease when that is done', async () => {
      const binding = await bind();

      const closing = binder.close();

      expect(binder.current()).to.equal(undefined);
      await closing;
      expect(await leases()).to.deep.equal([]);
      expect(isClosed(binding.connection)).to.equal(true);
    });

    it('gives back the lease that is just being taken', async () => {
      const register = registry.holdReply('register');
      start();
      await register.reached;

      const closing = binder.close();
      register.release();
      await closing;

      expect(binder.current()).to.equal(undefined);
      expect(await leases()).to.deep.equal([]);
      expect(connections.map(isClosed)).to.deep.equal([true]);
    });

    it('makes no other binding', async () => {
      await bind();
      await binder.close();
      clock.advance(RETRY_MS);
      await settled();

      expect(connections).to.have.length(1);
    });
  });
});
