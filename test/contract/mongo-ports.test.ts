import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import { createMongoAccess, type MongoAccess } from '../../src/store/mongo/access.ts';
import { createMongoCacheRegistry } from '../../src/store/mongo/cache-registry.ts';
import { createMongoStore, merchantsOf } from '../../src/store/mongo/mongo-store.ts';
import { createMongoPendingInvalidations } from '../../src/store/mongo/pending-invalidations.ts';
import { openPlainMongo, type PlainServer, withDatabase } from '../../testkit/servers/plain-servers.ts';
import { type AuthorityFixture, describeAuthorityStoreContract } from './authority-store-contract.ts';
import { describeCacheRegistryContract } from './cache-registry-contract.ts';
import { newKey } from './new-key.ts';
import { describePendingInvalidationsContract } from './pending-invalidations-contract.ts';
import type { RegistryFixture } from './registry-fixture.ts';

const MERCHANT = 'm1' as MerchantId;

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

  describe('A merchant’s document in MongoDB', () => {
    let access: MongoAccess;
    let fixture: AuthorityFixture;

    beforeEach(async () => {
      access = openDatabase();
      fixture = await createAuthorityFixture(access);
    });

    afterEach(() => fixture.dispose());

    it('does not grow when one generation acknowledges again and again', async () => {
      const key = newKey();
      await fixture.authority.activate(MERCHANT, key);
      await fixture.authority.revoke(MERCHANT, new Date());
      const [entry] = await fixture.pending.list();
      if (entry === undefined) throw new Error('the key is not pending');

      for (let time = 0; time < 3; time++) await fixture.pending.acknowledge(entry, 'generation-a' as Generation);

      expect((await merchantsOf(access).findOne({ _id: MERCHANT }))?.pending?.[0]?.acks).to.deep.equal([
        'generation-a',
      ]);
    });

    it('has no field of pending entries when the last one is confirmed: its index stays small', async () => {
      const key = newKey();
      await fixture.authority.activate(MERCHANT, key);
      await fixture.authority.revoke(MERCHANT, new Date());

      await fixture.pending.confirm(MERCHANT, [key.hash]);

      expect(await merchantsOf(access).findOne({ _id: MERCHANT })).not.to.have.property('pending');
    });
  });
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
