import { randomUUID } from 'node:crypto';
import { createMongoAccess, type MongoAccess } from '../../src/store/mongo/access.ts';
import { createMongoCacheRegistry } from '../../src/store/mongo/cache-registry.ts';
import { createMongoStore } from '../../src/store/mongo/mongo-store.ts';
import { createMongoPendingInvalidations } from '../../src/store/mongo/pending-invalidations.ts';
import { openPlainMongo, type PlainServer, withDatabase } from '../../testkit/servers/plain-servers.ts';
import { type AuthorityFixture, describeAuthorityStoreContract } from './authority-store-contract.ts';
import { describeCacheRegistryContract, type RegistryFixture } from './cache-registry-contract.ts';
import { describePendingInvalidationsContract } from './pending-invalidations-contract.ts';

describe('On a real server', () => {
  let mongo: PlainServer;

  before(async function () {
    this.timeout(60_000);
    mongo = await openPlainMongo();
  });

  after(() => mongo.release());

  const openDatabase = () =>
    createMongoAccess({ url: withDatabase(mongo.url, `contract_${randomUUID().slice(0, 8)}`), timeoutMs: 5_000 });

  describeAuthorityStoreContract('MongoDB', () => createAuthorityFixture(openDatabase()));
  describePendingInvalidationsContract('MongoDB', () => createAuthorityFixture(openDatabase()));
  describeCacheRegistryContract('MongoDB', async () => createRegistryFixture(openDatabase()));
});

async function createAuthorityFixture(access: MongoAccess): Promise<AuthorityFixture> {
  const authority = createMongoStore(access);
  await authority.createIndexes();
  return { authority, pending: createMongoPendingInvalidations(access), dispose: () => dispose(access) };
}

function createRegistryFixture(access: MongoAccess): RegistryFixture {
  return {
    registry: createMongoCacheRegistry(access),
    async removeLeases(cache) {
      await access.db.collection('registry').updateOne({}, { $set: { [`holders.${cache}.leases`]: {} } });
    },
    dispose: () => dispose(access),
  };
}

async function dispose(access: MongoAccess): Promise<void> {
  await access.db.dropDatabase();
  await access.close();
}
