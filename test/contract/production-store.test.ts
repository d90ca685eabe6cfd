import { randomUUID } from 'node:crypto';
import { readConfig } from '../../src/config/config.ts';
import type { KeyStore } from '../../src/core/key-store.ts';
import type { CacheObserver } from '../../src/revocation/cache-observer.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openPlainMongo, openPlainRedis, type PlainServer, withDatabase } from '../../testkit/servers/plain-servers.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { describeKeyStoreContract, type StoreFixture } from './key-store-contract.ts';

describe('In production mode', () => {
  let mongo: PlainServer;
  let redis: PlainServer;

  before(async function () {
    this.timeout(60_000);
    mongo = await openPlainMongo();
    redis = await openPlainRedis();
  });

  after(async () => {
    await redis.release();
    await mongo.release();
  });

  describeKeyStoreContract('MongoDB alone', async () => createFixture({ MONGODB_URL: ownDatabase() }));

  describeKeyStoreContract('MongoDB with Redis', async () =>
    createFixture({ MONGODB_URL: ownDatabase(), REDIS_URL: redis.url }),
  );

  function ownDatabase(): string {
    return withDatabase(mongo.url, `contract_${randomUUID().slice(0, 8)}`);
  }
});

function createFixture(environment: Readonly<Record<string, string>>): StoreFixture {
  const config = readConfig({ ...JWT_ENVIRONMENT, ...environment });
  const opened = new Map<KeyStore, () => Promise<void>>();
  return {
    async open() {
      const binding = Promise.withResolvers<void>();
      const { store } = await openStore(config, observeBinding(binding.resolve), () => undefined);
      // Bound first, or the contract would be checked without the cache.
      if (config.mongo?.redis !== undefined) await binding.promise;
      opened.set(store, closeOnce(store));
      return { ...store, close: opened.get(store) ?? store.close };
    },
    async dispose() {
      for (const close of opened.values()) await close();
    },
  };
}

function closeOnce(store: KeyStore): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= store.close();
    return closed;
  };
}

function observeBinding(bound: () => void): CacheObserver {
  const ignore = () => undefined;
  return {
    bound,
    unbound: ignore,
    lookedUp: ignore,
    confirmationWaits: ignore,
    confirmationEnded: ignore,
    failedInBackground: ignore,
  };
}
