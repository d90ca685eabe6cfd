import { expect } from 'chai';
import { SYSTEM_CLOCK } from '../../src/core/clock.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { KeyStore } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { AuthorityStore } from '../../src/revocation/authority.ts';
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts';
import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import { createMemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import type { MemoryMerchants } from '../../testkit/memory/memory-merchants.ts';
import { createMemoryPendingInvalidations } from '../../testkit/memory/memory-pending-invalidations.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { rejectionOf } from '../unit/rejection.ts';
import { type DecoratedInstance, openDecoratedInstance } from './decorated-instance.ts';
import { createEmbeddedAuthority } from './embedded-authority.ts';
import { describeKeyStoreContract, type StoreFixture } from './key-store-contract.ts';
import { newKey } from './new-key.ts';
import { DECORATORS, sharedAndBounded, withoutBinding } from './store-decorators.ts';

const MERCHANT = 'm1' as MerchantId;

for (const [name, decorate] of Object.entries(DECORATORS)) {
  describeKeyStoreContract(`${name} over the authority in memory`, async () => {
    const merchants: MemoryMerchants = new Map();
    return createFixture(async () => alone(decorate(createMemoryAuthority(merchants))));
  });
}

describeKeyStoreContract('cached(strict) over the authority in memory', async () => {
  return createFixture(inMemory((authority) => authority));
});

describeKeyStoreContract('cached(strict(shared(bounded))) over the authority in memory', async () => {
  return createFixture(inMemory(sharedAndBounded));
});

describeKeyStoreContract('cached over the embedded store, without a binding', async () => {
  const directory = createTemporaryDirectory();
  return createFixture(async () => alone(withoutBinding(openLmdbStore(directory.path))), directory.remove);
});

describeKeyStoreContract('cached(strict(shared(bounded))) over the embedded store', async () => {
  const directory = createTemporaryDirectory();
  const open = onCache((merchants) =>
    sharedAndBounded(createEmbeddedAuthority(openLmdbStore(directory.path), merchants)),
  );
  return createFixture(open, directory.remove);
});

describe('A store that is decorated with a cache', () => {
  for (const [change, end] of Object.entries({
    revoked: (store: KeyStore) => store.revoke(MERCHANT, new Date()),
    replaced: (store: KeyStore) => store.activate(MERCHANT, newKey()),
  })) {
    it(`answers from it what any instance has looked up, and no longer when the key is ${change}`, async () => {
      const open = inMemory(sharedAndBounded);
      const [one, other] = [await open(), await open()];
      const key = newKey();
      await one.store.activate(MERCHANT, key);
      await one.store.lookup(key.hash);

      const before = await other.store.lookup(key.hash);
      await end(one.store);
      const after = await other.store.lookup(key.hash);

      expect(one.sources).to.deep.equal(['authority_filled']);
      expect(other.sources).to.deep.equal(['redis', 'authority_filled']);
      expect([before.status, after.status]).to.deep.equal(['active', 'revoked']);
      await one.close();
      await other.close();
    });
  }
});

describe('Each decorator of a store', () => {
  for (const [name, decorate] of Object.entries(DECORATORS)) {
    it(`hands on whether the store can answer, and its end: ${name}`, async () => {
      const unavailable = new ServiceError('unavailable', 'The store is away.');
      let closed = 0;
      const store = decorate({
        ...createMemoryAuthority(new Map()),
        ping: () => Promise.reject(unavailable),
        async close() {
          closed++;
        },
      });

      const reason = await rejectionOf(store.ping());
      await store.close();

      expect(reason).to.equal(unavailable);
      expect(closed).to.equal(1);
    });
  }
});

/** Instances on one authority in memory and one cache in memory. */
function inMemory(decorate: (authority: AuthorityStore) => AuthorityStore): () => Promise<DecoratedInstance> {
  return onCache((merchants) => decorate(createMemoryAuthority(merchants)));
}

/** Instances on one cache in memory. */
function onCache(openAuthority: (merchants: MemoryMerchants) => AuthorityStore): () => Promise<DecoratedInstance> {
  const merchants: MemoryMerchants = new Map();
  const pending = createMemoryPendingInvalidations(merchants);
  const registry = createMemoryCacheRegistry();
  const cache = createMemoryCache({ clock: SYSTEM_CLOCK });
  const connect = () => cache.connect();
  return () => openDecoratedInstance({ authority: openAuthority(merchants), pending, registry, connect });
}

/** A store that has nothing at work beside it. */
function alone(store: KeyStore): Closable {
  return { store, close: () => store.close() };
}

type Closable = Pick<DecoratedInstance, 'store' | 'close'>;

function createFixture(open: () => Promise<Closable>, remove: () => void = () => undefined): StoreFixture {
  const opened: Closable[] = [];
  return {
    async open() {
      const instance = await open();
      opened.push(instance);
      return instance.store;
    },
    async dispose() {
      for (const { close } of opened) await close();
      remove();
    },
  };
}
