import type { Collection } from 'mongodb';
import type { KeyHash } from '../../core/api-key.ts';
import type { ActiveKey, KeyState, KeyUse, NewKey } from '../../core/key-store.ts';
import type { MerchantId } from '../../core/merchant-id.ts';
import type { AuthorityStore, Commit } from '../../revocation/authority.ts';
import type { MongoAccess } from './access.ts';
import { activation, type MerchantDocument, revocation } from './documents.ts';

/** Keys in MongoDB: the authority of strict revocation. */
export interface MongoStore extends AuthorityStore {
  /** Creates the indexes that the store needs. Throws the driver's error when they can't be. */
  createIndexes(): Promise<void>;
}

const CHANGED = { returnDocument: 'after', projection: { 'pending.hash': 1 } } as const;

export function merchantsOf({ db }: MongoAccess): Collection<MerchantDocument> {
  return db.collection<MerchantDocument>('merchants');
}

export function createMongoStore(access: MongoAccess): MongoStore {
  const merchants = merchantsOf(access);

  async function lookup(hash: KeyHash): Promise<KeyState> {
    // The active hash first: a key that moves between the two reads is then found in the second one.
    const owner = await merchants.findOne({ 'active.hash': hash }, { ...access.linearizable, projection: { _id: 1 } });
    if (owner !== null) return { status: 'active', merchantId: owner._id };
    const former = await merchants.findOne(
      { 'retired.hash': hash },
      { ...access.linearizable, projection: { retired: { $elemMatch: { hash } } } },
    );
    const revokedAt = former?.retired[0]?.revokedAt;
    return revokedAt === undefined ? { status: 'unknown' } : { status: 'revoked', revokedAt };
  }

  function readPending(merchantId: MerchantId): Promise<Pick<MerchantDocument, 'pending'> | null> {
    return merchants.findOne({ _id: merchantId }, { ...access.linearizable, projection: { 'pending.hash': 1 } });
  }

  return {
    async createIndexes() {
      await merchants.createIndexes([
        { key: { 'active.hash': 1 }, name: 'active_hash', unique: true, sparse: true },
        { key: { 'retired.hash': 1 }, name: 'retired_hash', sparse: true },
        { key: { 'pending.hash': 1 }, name: 'pending_hash', sparse: true },
      ]);
    },

    activate: (merchantId: MerchantId, key: NewKey) =>
      access.write(async () => {
        const options = { ...CHANGED, upsert: true };
        const changed = await merchants.findOneAndUpdate({ _id: merchantId }, activation(key), options);
        // An upsert that lost a race may answer with nothing although it was applied: nothing is not "nothing pending".
        return toCommit(changed ?? (await readPending(merchantId)));
      }),

    // Always an update, never a read alone: its acknowledgement says that a majority has what it found.
    revoke: (merchantId: MerchantId, revokedAt: Date) =>
      access.write(async () => {
        const changed = await merchants.findOneAndUpdate({ _id: merchantId }, revocation(revokedAt), CHANGED);
        return { ...toCommit(changed), everHadKey: changed !== null };
      }),

    lookup: (hash) => access.read(() => lookup(hash)),

    findActive: (merchantId) =>
      access.read(async () => {
        const options = { ...access.linearizable, projection: { active: 1 } };
        return toActiveKey(await merchants.findOne({ _id: merchantId }, options));
      }),

    recordUses: (uses) =>
      access.write(async () => {
        if (uses.length > 0) await merchants.bulkWrite(uses.map(toUseUpdate), { ordered: false });
      }),

    ping: () =>
      access.read(async () => {
        await access.db.command({ ping: 1 });
      }),

    close: () => access.close(),
  };
}

function toCommit(changed: Pick<MerchantDocument, 'pending'> | null): Commit {
  return { pending: (changed?.pending ?? []).map(({ hash }) => hash) };
}

function toActiveKey(document: MerchantDocument | null): ActiveKey | undefined {
  if (document?.active === undefined) return undefined;
  return { ...document.active, lastUsedAt: document.active.lastUsedAt };
}

/** Matched on the active hash, so that a late use of an old key never touches the newer one. */
function toUseUpdate({ merchantId, hash, usedAt }: KeyUse) {
  return {
    updateOne: {
      filter: { _id: merchantId, 'active.hash': hash },
      update: { $max: { 'active.lastUsedAt': usedAt } },
    },
  };
}
