import { expect } from 'chai';
import { settled } from '../../testkit/settled.ts';
import { type BinderWorld, createBinderWorld, isClosed, RETRY_MS } from './binder-world.ts';
import { LEASE_MS } from './revocation-world.ts';

const USABLE_MS = LEASE_MS * 0.9;

describe('The binder', () => {
  let world: BinderWorld;

  beforeEach(() => {
    world = createBinderWorld();
  });

  afterEach(() => world.binder().close());

  const names = () => world.events.map(([name]) => name);

  describe('binds the instance', () => {
    it('to the cache that it registered with, and not before', async () => {
      const register = world.registry.holdReply('register');
      world.start();
      await register.reached;
      const whileRegistering = world.binder().current();
      register.release();
      await settled();

      expect(whileRegistering).to.equal(undefined);
      expect(await world.leases()).to.deep.equal([world.current().leaseId]);
      expect(names()).to.deep.equal(['bound']);
    });

    it('until its lease ends, to the millisecond, unless it is renewed', async () => {
      const binding = await world.bind();
      const renew = world.registry.holdCall('renew');
      world.clock.advance(USABLE_MS - 1);
      const before = world.binder().isUsable(binding);
      world.clock.advance(1);
      const atItsEnd = world.binder().isUsable(binding);
      renew.release();

      expect([before, atItsEnd]).to.deep.equal([true, false]);
    });

    it('never to a replica', async () => {
      world.cache.demote();
      world.start();
      for (let attempt = 0; attempt < 3; attempt++) {
        await settled();
        world.clock.advance(RETRY_MS);
      }

      expect(world.binder().current()).to.equal(undefined);
      expect(world.registry.names()).to.deep.equal([]);
      expect(world.connections.map(isClosed)).not.to.include(false);
      expect(names()).not.to.include('bound');
    });

    it('after a pause, when the cache could not be reached', async () => {
      world.cache.stop();
      world.start();
      await settled();
      world.cache.restart();
      world.clock.advance(RETRY_MS - 1);
      await settled();
      const beforeThePauseEnds = world.binder().current();
      world.clock.advance(1);
      await settled();

      expect(beforeThePauseEnds).to.equal(undefined);
      expect(world.current().cache).to.equal(world.cache.identity());
      expect(names()).to.deep.equal(['unbound', 'bound']);
    });

    it('after a pause, when the authority did not answer, on another connection', async () => {
      world.registry.fail('register', new Error('no primary'));
      world.start();
      await settled();
      world.registry.fail('register', undefined);
      world.clock.advance(RETRY_MS);
      await settled();

      expect(world.connections.map(isClosed)).to.deep.equal([true, false]);
      expect(world.current().connection).to.equal(world.connections[1]);
    });
  });

  describe('drops the binding', () => {
    it('in the turn in which its connection is closed, and releases the lease afterwards', async () => {
      const binding = await world.bind();
      const release = world.registry.holdCall('release');

      world.cache.closeConnections();

      expect(world.binder().current()).to.equal(undefined);
      expect(world.binder().isUsable(binding)).to.equal(false);
      await release.reached;
      release.release();
      await settled();
      expect(await world.leases()).to.deep.equal([]);
      expect(names()).to.deep.equal(['bound', 'unbound']);
    });

    it('when its connection was closed while it registered: it is never used', async () => {
      const register = world.registry.holdReply('register');
      world.start();
      await register.reached;
      world.cache.closeConnections();
      register.release();
      await settled();

      expect(world.binder().current()).to.equal(undefined);
      expect(await world.leases()).to.deep.equal([]);
    });

    it('when the lease is lost, closes the connection, and binds again under another lease', async () => {
      const lost = await world.bind();
      await world.registry.port.removeLapsed(lost.cache, lost.generation, lost.leaseId, 0);
      world.clock.advance(LEASE_MS / 3);
      await settled();
      const afterLoss = world.binder().current();
      world.clock.advance(RETRY_MS);
      await settled();

      expect(afterLoss).to.equal(undefined);
      expect(isClosed(lost.connection)).to.equal(true);
      expect(world.binder().isUsable(lost)).to.equal(false);
      expect(world.current().leaseId).not.to.equal(lost.leaseId);
      expect(world.current().generation).not.to.equal(lost.generation);
    });

    it('before it asks for the release, whatever the reason', async () => {
      const usedWhileReleased: unknown[] = [];
      const release = world.registry.port.release;
      world.registry.port.release = async (...args) => {
        usedWhileReleased.push(world.binder().current());
        await release(...args);
      };
      await world.bind();
      world.binder().suspend(new Error('it cannot be cleaned'));
      await settled();
      world.binder().resume();
      world.clock.advance(RETRY_MS);
      await settled();
      await world.binder().close();

      expect(usedWhileReleased).to.deep.equal([undefined, undefined]);
    });
  });
});
