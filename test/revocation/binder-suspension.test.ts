import { expect } from 'chai';
import { settled } from '../../testkit/settled.ts';
import { type BinderWorld, createBinderWorld, isClosed, RETRY_MS } from './binder-world.ts';

describe('The binder', () => {
  let world: BinderWorld;

  beforeEach(() => {
    world = createBinderWorld();
  });

  afterEach(() => world.binder().close());

  describe('when it is suspended', () => {
    it('drops and releases the binding at once, and makes no other one before it is resumed', async () => {
      const binding = await world.bind();
      const reason = new Error('it cannot be cleaned');

      world.binder().suspend(reason);

      expect(world.binder().current()).to.equal(undefined);
      expect(isClosed(binding.connection)).to.equal(true);
      await settled();
      expect(await world.leases()).to.deep.equal([]);
      expect(world.events.at(-1)).to.deep.equal(['unbound', reason]);
      for (let time = 0; time < 3; time++) {
        world.clock.advance(RETRY_MS);
        await settled();
      }
      expect(world.connections).to.have.length(1);
      world.binder().resume();
      world.clock.advance(RETRY_MS);
      await settled();
      expect(world.current().connection).to.equal(world.connections[1]);
    });

    it('does not use a binding that is just being made, and gives its lease back', async () => {
      const register = world.registry.holdReply('register');
      world.start();
      await register.reached;

      world.binder().suspend(new Error('it cannot be cleaned'));
      register.release();
      await settled();

      expect(world.binder().current()).to.equal(undefined);
      expect(await world.leases()).to.deep.equal([]);
      expect(world.connections.map(isClosed)).to.deep.equal([true]);
    });
  });

  describe('when it is closed', () => {
    it('drops the binding at once, and has released the lease when that is done', async () => {
      const binding = await world.bind();

      const closing = world.binder().close();

      expect(world.binder().current()).to.equal(undefined);
      await closing;
      expect(await world.leases()).to.deep.equal([]);
      expect(isClosed(binding.connection)).to.equal(true);
    });

    it('releases the lease that is just being taken', async () => {
      const register = world.registry.holdReply('register');
      world.start();
      await register.reached;

      const closing = world.binder().close();
      register.release();
      await closing;

      expect(world.binder().current()).to.equal(undefined);
      expect(await world.leases()).to.deep.equal([]);
      expect(world.connections.map(isClosed)).to.deep.equal([true]);
    });

    it('makes no other binding', async () => {
      await world.bind();
      await world.binder().close();
      world.clock.advance(RETRY_MS);
      await settled();

      expect(world.connections).to.have.length(1);
    });
  });
});
