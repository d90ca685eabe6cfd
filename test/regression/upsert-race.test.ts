import { expect } from 'chai';
import { createKeyFormat } from '../../src/core/api-key.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { createMongoAccess } from '../../src/store/mongo/access.ts';
import { createMongoStore, type MongoStore } from '../../src/store/mongo/mongo-store.ts';
import { openPlainMongo, type PlainServer } from '../../testkit/servers/plain-servers.ts';

const MERCHANTS = 40;
const keyFormat = createKeyFormat('ipa_live_');

describe('Two first keys of a merchant that are made at once', () => {
  let mongo: PlainServer;
  let store: MongoStore;

  before(async () => {
    mongo = await openPlainMongo();
    store = createMongoStore(createMongoAccess({ url: mongo.url, timeoutMs: 5_000 }));
    await store.createIndexes();
  });

  after(async () => {
    await store.close();
    await mongo.release();
  });

  it('leave the replaced one pending in the answer to the change that replaced it, whatever the upsert answered', async () => {
    for (let index = 0; index < MERCHANTS; index++) {
      const merchantId = `race-${index}` as MerchantId;
      const keys = [keyFormat.generate(), keyFormat.generate()];

      const commits = await Promise.all(
        keys.map(({ hash, visiblePrefix }) =>
          store.activate(merchantId, { hash, visiblePrefix, createdAt: new Date() }),
        ),
      );

      const active = (await store.findActive(merchantId))?.hash;
      const replaced = keys.map(({ hash }) => hash).filter((hash) => hash !== active);
      expect(commits.flatMap(({ pending }) => pending)).to.include.members(replaced);
    }
  });
});
