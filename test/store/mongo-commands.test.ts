import { expect } from 'chai';
import type { Document } from 'mongodb';
import { createKeyFormat } from '../../src/core/api-key.ts';
import type { NewKey } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { CacheId, Generation, LeaseId } from '../../src/revocation/cache-registry.ts';
import { MONGO_TIMEOUT_MS, type MongoStoreParts, openMongoStoreParts } from '../../testkit/mongo-store-parts.ts';
import { type MongoRecorder, nameOf, startMongoRecorder } from '../../testkit/servers/mongo-recorder.ts';
import { type MongoServer, startMongoServer } from '../../testkit/servers/mongo-server.ts';

const MERCHANT = 'm1' as MerchantId;
const CACHE = 'cache' as CacheId;
const GENERATION = 'generation' as Generation;
const LEASE = 'lease' as LeaseId;
const LEASE_MS = 15_000;
const NOW = new Date('2026-02-03T04:05:06.789Z');
const keyFormat = createKeyFormat('ipa_live_');

function newKey(): NewKey {
  const { hash, visiblePrefix } = keyFormat.generate();
  return { hash, visiblePrefix, createdAt: NOW };
}

describe('The commands that MongoDB gets', () => {
  let server: MongoServer;
  let recorder: MongoRecorder;
  let parts: MongoStoreParts;
  const key = newKey();

  before(async function () {
    this.timeout(60_000);
    server = await startMongoServer();
    recorder = await startMongoRecorder(server);
    // What a URL may say must not decide how much a write or a verdict is worth.
    parts = await openMongoStoreParts(
      `${recorder.url}?readPreference=secondaryPreferred&readConcernLevel=local&w=1&journal=false&retryWrites=false`,
    );
    await parts.authority.activate(MERCHANT, key);
  });

  after(async () => {
    await parts.access.close();
    await recorder.close();
    await server.stop();
  });

  beforeEach(() => recorder.clear());

  /** Each with the commands that it has to send, and nothing else. */
  const writes: readonly (readonly [string, (parts: MongoStoreParts) => Promise<unknown>, readonly string[]])[] = [
    ['activate', ({ authority }) => authority.activate(MERCHANT, newKey()), ['findAndModify']],
    ['revoke', ({ authority }) => authority.revoke(MERCHANT, NOW), ['findAndModify']],
    [
      'recordUses',
      ({ authority }) => authority.recordUses([{ hash: key.hash, merchantId: MERCHANT, usedAt: NOW }]),
      ['update'],
    ],
    [
      'acknowledge a pending invalidation',
      ({ pending }) =>
        pending.acknowledge({ merchantId: MERCHANT, hash: key.hash, acknowledgedBy: new Set() }, GENERATION),
      ['update'],
    ],
    ['confirm pending invalidations', ({ pending }) => pending.confirm(MERCHANT, [key.hash]), ['update']],
    [
      'register a cache that is new',
      ({ registry }) => registry.register(CACHE, LEASE, LEASE_MS),
      ['findAndModify', 'update'],
    ],
    [
      'register with a cache that is there',
      ({ registry }) => registry.register(CACHE, 'other lease' as LeaseId, LEASE_MS),
      ['findAndModify'],
    ],
    ['renew a lease', ({ registry }) => registry.renew(CACHE, GENERATION, LEASE), ['update']],
    ['release a lease', ({ registry }) => registry.release(CACHE, GENERATION, LEASE), ['update', 'update']],
    [
      'remove a lapsed lease',
      ({ registry }) => registry.removeLapsed(CACHE, GENERATION, LEASE, 0),
      ['update', 'update'],
    ],
    ['remove an empty cache', ({ registry }) => registry.removeEmpty(CACHE, GENERATION), ['update']],
  ];

  for (const [name, write, commands] of writes) {
    it(`to ${name} wait for the majority and its journals, with a time limit`, async () => {
      await write(parts);

      expect(recorder.commands().map(nameOf)).to.deep.equal(commands);
      for (const { writeConcern } of recorder.commands()) {
        expect(writeConcern).to.deep.equal({ w: 'majority', j: true, wtimeout: MONGO_TIMEOUT_MS });
      }
    });
  }

  it('may be sent again when a reply is lost: each has a number by which the server knows it again', async () => {
    await parts.authority.activate(MERCHANT, newKey());
    await parts.authority.recordUses([{ hash: key.hash, merchantId: MERCHANT, usedAt: NOW }]);

    for (const command of recorder.commands()) expect(command).to.include.keys('lsid', 'txnNumber');
  });

  const linearizableReads: readonly (readonly [string, (parts: MongoStoreParts) => Promise<unknown>, number])[] = [
    ['look an active key up', async ({ authority }) => authority.lookup(await activate()), 1],
    ['look a revoked key up', async ({ authority }) => authority.lookup(key.hash), 2],
    ['look an unknown key up', async ({ authority }) => authority.lookup(newKey().hash), 2],
    ['find a merchant’s active key', ({ authority }) => authority.findActive(MERCHANT), 1],
    ['read the registry', ({ registry }) => registry.read(), 1],
  ];

  for (const [name, read, count] of linearizableReads) {
    it(`to ${name} are linearizable reads of the primary, with a time limit`, async () => {
      await read(parts);

      const finds = recorder.commands().filter((command) => nameOf(command) === 'find');
      expect(finds).to.have.length(count);
      for (const find of finds) expectRead(find, 'linearizable');
    });
  }

  const majorityReads: readonly (readonly [string, (parts: MongoStoreParts) => Promise<unknown>])[] = [
    ['list all pending invalidations', ({ pending }) => pending.list()],
    ['list those of one merchant', ({ pending }) => pending.listOf(MERCHANT)],
  ];

  for (const [name, read] of majorityReads) {
    it(`to ${name} read from the primary what a majority has, with a time limit`, async () => {
      await read(parts);

      expect(recorder.commands().map(nameOf)).to.deep.equal(['find']);
      expectRead(recorder.commands()[0] ?? {}, 'majority');
    });
  }

  it('to look a key up ask for the active key first, and for the revoked ones when its reply is there', async () => {
    await parts.authority.lookup(key.hash);

    expect(recorder.commands().map(({ filter }) => filter)).to.deep.equal([
      { 'active.hash': key.hash },
      { 'retired.hash': key.hash },
    ]);
  });

  async function activate() {
    const active = newKey();
    await parts.authority.activate(MERCHANT, active);
    return active.hash;
  }
});

function expectRead(command: Document, level: string): void {
  expect(command['readConcern']).to.deep.equal({ level });
  expect(command['maxTimeMS']).to.equal(MONGO_TIMEOUT_MS);
  // The driver leaves it out where it is the primary: a server that is asked without one answers only as the primary.
  expect(command['$readPreference'] ?? { mode: 'primary' }).to.deep.equal({ mode: 'primary' });
}
