import { expect } from 'chai';
import type { Document } from 'mongodb';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { NewKey } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { CacheId, LeaseId } from '../../src/revocation/cache-registry.ts';
import { type MongoStoreParts, openMongoStoreParts } from '../../testkit/mongo-store-parts.ts';
import { type MongoRecorder, startMongoRecorder } from '../../testkit/servers/mongo-recorder.ts';
import { type MongoServer, startMongoServer } from '../../testkit/servers/mongo-server.ts';
import { rejectionOf } from '../unit/rejection.ts';

const MERCHANT = 'm1' as MerchantId;
const OTHER_MERCHANT = 'm2' as MerchantId;
const REVOKED_AT = new Date('2026-02-03T04:05:06.789Z');
const CACHE = 'cache' as CacheId;
const LEASE = 'lease' as LeaseId;
/** The driver tries once more by itself. */
const ATTEMPTS = 2;
const keyFormat = createKeyFormat('ipa_live_');

function newKey(): NewKey {
  const { hash, visiblePrefix } = keyFormat.generate();
  return { hash, visiblePrefix, createdAt: new Date('2026-01-01T00:00:00.123Z') };
}

describe('A change of MongoDB', () => {
  let server: MongoServer;
  let recorder: MongoRecorder;
  let parts: MongoStoreParts;

  before(async function () {
    this.timeout(60_000);
    server = await startMongoServer();
    recorder = await startMongoRecorder(server);
  });

  after(async () => {
    await recorder.close();
    await server.stop();
  });

  beforeEach(async () => {
    parts = await openMongoStoreParts(recorder.url);
  });

  afterEach(async () => {
    await parts.access.db.dropDatabase();
    await parts.access.close();
  });

  describe('whose reply is lost', () => {
    it('is sent again by the driver, and happens once', async () => {
      const [old, current] = [newKey(), newKey()];
      await parts.authority.activate(MERCHANT, old);
      recorder.loseReplies('findAndModify', 1);

      const { pending } = await parts.authority.activate(MERCHANT, current);

      expect(pending).to.deep.equal([old.hash]);
      expect(summaryOf(await merchant())).to.deep.equal({
        active: current.hash,
        retired: [old.hash],
        pending: [old.hash],
      });
    });

    for (const [name, change] of [
      ['an activation', (key: NewKey) => parts.authority.activate(MERCHANT, key)],
      ['a revocation', () => parts.authority.revoke(MERCHANT, REVOKED_AT)],
    ] as const) {
      it(`is ${name} which may have happened or not, and which may be repeated`, async () => {
        const [old, current] = [newKey(), newKey()];
        await parts.authority.activate(MERCHANT, old);
        recorder.loseReplies('findAndModify', ATTEMPTS);

        const reason = await rejectionOf(change(current));
        const afterLoss = summaryOf(await merchant());
        const { pending } = await change(current);

        expect(reason).to.be.instanceOf(ServiceError).with.property('code', 'outcome_unknown');
        expect((reason as ServiceError).message).to.include('Repeating is safe');
        expect(afterLoss).to.deep.include({ retired: [old.hash], pending: [old.hash] });
        expect(summaryOf(await merchant())).to.deep.equal(afterLoss);
        expect(pending).to.deep.equal([old.hash]);
      });
    }

    it('is of unknown outcome for every other write too', async () => {
      const key = newKey();
      const use = { hash: key.hash, merchantId: MERCHANT, usedAt: REVOKED_AT };
      const invalidation = { merchantId: MERCHANT, hash: key.hash, acknowledgedBy: new Set<never>() };
      const generation = await parts.registry.register(CACHE, LEASE, 1_000);
      const writes = [
        () => parts.authority.recordUses([use]),
        () => parts.pending.acknowledge(invalidation, generation),
        () => parts.pending.confirm(MERCHANT, [key.hash]),
        () => parts.registry.renew(CACHE, generation, LEASE),
        () => parts.registry.removeLapsed(CACHE, generation, LEASE, 1),
        () => parts.registry.removeEmpty(CACHE, generation),
        () => parts.registry.release(CACHE, generation, LEASE),
      ];

      const codes: unknown[] = [];
      for (const write of writes) {
        recorder.loseReplies('update', ATTEMPTS);
        codes.push(((await rejectionOf(write())) as ServiceError).code);
      }

      expect(codes).to.deep.equal(writes.map(() => 'outcome_unknown'));
    });
  });

  it('that is an activation repeated after a newer one changes nothing', async () => {
    const [older, newer] = [newKey(), newKey()];
    await parts.authority.activate(MERCHANT, older);
    await parts.authority.activate(MERCHANT, newer);
    const before = await merchant();

    const { pending } = await parts.authority.activate(MERCHANT, older);

    expect(pending).to.deep.equal([older.hash]);
    expect(await merchant()).to.deep.equal(before);
    expect((await parts.authority.lookup(older.hash)).status).to.equal('revoked');
    expect((await parts.authority.findActive(MERCHANT))?.hash).to.equal(newer.hash);
  });

  it('that is an activation repeated after the revocation of its key makes nothing active', async () => {
    const key = newKey();
    await parts.authority.activate(MERCHANT, key);
    await parts.authority.revoke(MERCHANT, REVOKED_AT);
    const before = await merchant();

    await parts.authority.activate(MERCHANT, key);

    expect(await merchant()).to.deep.equal(before);
    expect(await parts.authority.findActive(MERCHANT)).to.equal(undefined);
  });

  it('never makes one hash the active one of two merchants', async () => {
    const key = newKey();
    await parts.authority.activate(MERCHANT, key);

    const reason = await rejectionOf(parts.authority.activate(OTHER_MERCHANT, key));

    expect(reason).to.be.instanceOf(ServiceError);
    expect(await parts.authority.lookup(key.hash)).to.deep.equal({ status: 'active', merchantId: MERCHANT });
    expect(await parts.authority.findActive(OTHER_MERCHANT)).to.equal(undefined);
  });

  it('notes each former key as pending until that very key is confirmed', async () => {
    const keys = [newKey(), newKey(), newKey()] as const;
    for (const key of keys) await parts.authority.activate(MERCHANT, key);

    await parts.pending.confirm(MERCHANT, [keys[0].hash]);

    expect(summaryOf(await merchant()).pending).to.deep.equal([keys[1].hash]);
    await parts.pending.confirm(MERCHANT, [keys[1].hash]);
    expect(await merchant()).not.to.have.property('pending');
  });

  function merchant(): Promise<Document | null> {
    return parts.access.db.collection<Document & { _id: string }>('merchants').findOne({ _id: MERCHANT });
  }
});

function summaryOf(document: Document | null) {
  const hashes = (entries: readonly { readonly hash: string }[] = []) => entries.map(({ hash }) => hash);
  return {
    active: document?.['active']?.hash,
    retired: hashes(document?.['retired']),
    pending: hashes(document?.['pending']),
  };
}
