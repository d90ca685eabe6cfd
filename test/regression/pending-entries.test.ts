import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Document } from 'mongodb';
import type { KeyHash } from '../../src/core/api-key.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import { createMongoAccess, type MongoAccess } from '../../src/store/mongo/access.ts';
import { createMongoStore, type MongoStore } from '../../src/store/mongo/mongo-store.ts';
import { createMongoPendingInvalidations } from '../../src/store/mongo/pending-invalidations.ts';
import { openPlainMongo, type PlainServer, withDatabase } from '../../testkit/servers/plain-servers.ts';

const MERCHANT = 'm1' as MerchantId;
const HASH = 'the hash of a revoked key' as KeyHash;
const GENERATION = 'generation' as Generation;
const TIMEOUT_MS = 10_000;

describe('A pending entry in MongoDB', () => {
  let mongo: PlainServer;
  let access: MongoAccess;
  let store: MongoStore;

  before(async function () {
    this.timeout(60_000);
    mongo = await openPlainMongo();
  });

  beforeEach(async () => {
    const url = withDatabase(mongo.url, `pending_${randomUUID().slice(0, 8)}`);
    access = createMongoAccess({ url, timeoutMs: TIMEOUT_MS });
    store = createMongoStore(access);
    await store.createIndexes();
  });

  afterEach(async () => {
    await access.db.dropDatabase();
    await store.close();
  });

  after(() => mongo.release());

  const merchants = () => access.db.collection<Document & { readonly _id: MerchantId }>('merchants');

  it('has a hash and acknowledgements, and nothing that is not read', async () => {
    const newKey = { visiblePrefix: 'ipa_live_abc', createdAt: new Date() };
    await store.activate(MERCHANT, { ...newKey, hash: HASH });
    await store.activate(MERCHANT, { ...newKey, hash: 'another hash' as KeyHash });

    const stored = await merchants().findOne({ _id: MERCHANT });

    expect(stored?.['pending']).to.deep.equal([{ hash: HASH, acks: [] }]);
  });

  it('is listed, acknowledged and confirmed also where an earlier version wrote it, with its time', async () => {
    const written = { hash: HASH, since: new Date(), acks: [] };
    await merchants().insertOne({
      _id: MERCHANT,
      retired: [{ hash: HASH, revokedAt: new Date() }],
      pending: [written],
    });
    const pending = createMongoPendingInvalidations(access);

    const [listed] = await pending.list();
    if (listed !== undefined) await pending.acknowledge(listed, GENERATION);
    const [acknowledged] = await pending.listOf(MERCHANT);
    await pending.confirm(MERCHANT, [HASH]);

    expect(listed).to.deep.equal({ merchantId: MERCHANT, hash: HASH, acknowledgedBy: new Set() });
    expect(acknowledged?.acknowledgedBy).to.deep.equal(new Set([GENERATION]));
    expect(await pending.list()).to.deep.equal([]);
  });
});
