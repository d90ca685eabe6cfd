import { randomUUID } from 'node:crypto';
import { MongoServerError } from 'mongodb';
import type { Generation, HolderId, HolderRegistry, Lease, LeaseId, RegisteredHolder } from '../core/revocation.ts';
import type { MongoAccess } from './mongo-access.ts';

/** The registry is one document, so that reading it is one read and each change is one atomic update. */
interface RegistryDocument {
  readonly _id: 'holders';
  readonly holders?: Readonly<Record<HolderId, HolderEntry>>;
}

interface HolderEntry {
  readonly generation: Generation;
  readonly leases: Readonly<Record<LeaseId, Lease>>;
}

const DUPLICATE_KEY = 11_000;
const ID = { _id: 'holders' } as const;

export function createMongoHolderRegistry(access: MongoAccess): HolderRegistry {
  const registry = access.db.collection<RegistryDocument>('registry');

  /** Adds the lease to a holder that is there. */
  async function join(holder: HolderId, leaseId: LeaseId, lease: Lease): Promise<Generation | undefined> {
    const joined = await registry.findOneAndUpdate(
      { ...ID, [`holders.${holder}`]: { $exists: true } },
      { $set: { [`holders.${holder}.leases.${leaseId}`]: lease } },
      { returnDocument: 'after' },
    );
    return joined?.holders?.[holder]?.generation;
  }

  /** Enters a holder that is not there, with a fresh generation. */
  async function enter(holder: HolderId, leaseId: LeaseId, lease: Lease): Promise<Generation | undefined> {
    const generation = randomUUID() as Generation;
    const entry: HolderEntry = { generation, leases: { [leaseId]: lease } };
    try {
      const entered = await registry.updateOne(
        { ...ID, [`holders.${holder}`]: { $exists: false } },
        { $set: { [`holders.${holder}`]: entry } },
        { upsert: true },
      );
      return entered.modifiedCount + entered.upsertedCount === 1 ? generation : undefined;
    } catch (error) {
      // The document is there, and so is the holder: somebody was first.
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return undefined;
      throw error;
    }
  }

  async function removeEmpty(holder: HolderId, generation: Generation): Promise<void> {
    await registry.updateOne(
      { ...ID, [`holders.${holder}.generation`]: generation, [`holders.${holder}.leases`]: {} },
      { $unset: { [`holders.${holder}`]: '' } },
    );
  }

  return {
    read: () =>
      access.read(async () => {
        const document = await registry.findOne(ID, access.linearizable);
        return Object.entries(document?.holders ?? {}).map(([holder, entry]) => toHolder(holder as HolderId, entry));
      }),

    register: (holder, leaseId, leaseMs) =>
      access.write(async () => {
        const lease: Lease = { count: 0, leaseMs };
        for (;;) {
          const generation = (await join(holder, leaseId, lease)) ?? (await enter(holder, leaseId, lease));
          if (generation !== undefined) return generation;
        }
      }),

    renew: (holder, generation, leaseId) =>
      access.write(async () => {
        const lease = `holders.${holder}.leases.${leaseId}`;
        const renewed = await registry.updateOne(
          { ...ID, [`holders.${holder}.generation`]: generation, [lease]: { $exists: true } },
          { $inc: { [`${lease}.count`]: 1 } },
        );
        return renewed.matchedCount === 1;
      }),

    release: (holder, generation, leaseId) =>
      access.write(async () => {
        await registry.updateOne(
          { ...ID, [`holders.${holder}.generation`]: generation },
          { $unset: { [`holders.${holder}.leases.${leaseId}`]: '' } },
        );
        await removeEmpty(holder, generation);
      }),

    removeLapsed: (holder, generation, leaseId, count) =>
      access.write(async () => {
        const lease = `holders.${holder}.leases.${leaseId}`;
        await registry.updateOne(
          { ...ID, [`holders.${holder}.generation`]: generation, [`${lease}.count`]: count },
          { $unset: { [lease]: '' } },
        );
        await removeEmpty(holder, generation);
      }),

    removeEmpty: (holder, generation) => access.write(() => removeEmpty(holder, generation)),
  };
}

function toHolder(holder: HolderId, { generation, leases }: HolderEntry): RegisteredHolder {
  return { holder, generation, leases: new Map(Object.entries(leases) as [LeaseId, Lease][]) };
}
