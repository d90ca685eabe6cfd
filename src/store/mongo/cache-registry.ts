import { randomUUID } from 'node:crypto';
import { MongoServerError } from 'mongodb';
import type {
  CacheId,
  CacheRegistry,
  Generation,
  Lease,
  LeaseId,
  RegisteredCache,
} from '../../revocation/cache-registry.ts';
import type { MongoAccess } from './access.ts';

/** The registry is one document, so that reading it is one read and each change is one atomic update. */
interface RegistryDocument {
  readonly _id: 'holders';
  readonly holders?: Readonly<Record<CacheId, CacheDocument>>;
}

interface CacheDocument {
  readonly generation: Generation;
  readonly leases: Readonly<Record<LeaseId, Lease>>;
}

const DUPLICATE_KEY = 11_000;
const ID = { _id: 'holders' } as const;

export function createMongoCacheRegistry(access: MongoAccess): CacheRegistry {
  const registry = access.db.collection<RegistryDocument>('registry');

  /** Adds the lease to a cache that is there. */
  async function join(cache: CacheId, leaseId: LeaseId, lease: Lease): Promise<Generation | undefined> {
    const joined = await registry.findOneAndUpdate(
      { ...ID, [`holders.${cache}`]: { $exists: true } },
      { $set: { [`holders.${cache}.leases.${leaseId}`]: lease } },
      { returnDocument: 'after' },
    );
    return joined?.holders?.[cache]?.generation;
  }

  /** Enters a cache that is not there, with a fresh generation. */
  async function enter(cache: CacheId, leaseId: LeaseId, lease: Lease): Promise<Generation | undefined> {
    const generation = randomUUID() as Generation;
    const entry: CacheDocument = { generation, leases: { [leaseId]: lease } };
    try {
      const entered = await registry.updateOne(
        { ...ID, [`holders.${cache}`]: { $exists: false } },
        { $set: { [`holders.${cache}`]: entry } },
        { upsert: true },
      );
      return entered.modifiedCount + entered.upsertedCount === 1 ? generation : undefined;
    } catch (error) {
      // The document is there, and so is the cache: another instance was first.
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return undefined;
      throw error;
    }
  }

  async function removeEmpty(cache: CacheId, generation: Generation): Promise<void> {
    await registry.updateOne(
      { ...ID, [`holders.${cache}.generation`]: generation, [`holders.${cache}.leases`]: {} },
      { $unset: { [`holders.${cache}`]: '' } },
    );
  }

  return {
    read: () =>
      access.read(async () => {
        const document = await registry.findOne(ID, access.linearizable);
        return Object.entries(document?.holders ?? {}).map(([cache, entry]) =>
          toRegisteredCache(cache as CacheId, entry),
        );
      }),

    register: (cache, leaseId, leaseMs) =>
      access.write(async () => {
        const lease: Lease = { count: 0, leaseMs };
        for (;;) {
          const generation = (await join(cache, leaseId, lease)) ?? (await enter(cache, leaseId, lease));
          if (generation !== undefined) return generation;
        }
      }),

    renew: (cache, generation, leaseId) =>
      access.write(async () => {
        const lease = `holders.${cache}.leases.${leaseId}`;
        const renewed = await registry.updateOne(
          { ...ID, [`holders.${cache}.generation`]: generation, [lease]: { $exists: true } },
          { $inc: { [`${lease}.count`]: 1 } },
        );
        return renewed.matchedCount === 1;
      }),

    release: (cache, generation, leaseId) =>
      access.write(async () => {
        await registry.updateOne(
          { ...ID, [`holders.${cache}.generation`]: generation },
          { $unset: { [`holders.${cache}.leases.${leaseId}`]: '' } },
        );
        await removeEmpty(cache, generation);
      }),

    removeLapsed: (cache, generation, leaseId, count) =>
      access.write(async () => {
        const lease = `holders.${cache}.leases.${leaseId}`;
        await registry.updateOne(
          { ...ID, [`holders.${cache}.generation`]: generation, [`${lease}.count`]: count },
          { $unset: { [lease]: '' } },
        );
        await removeEmpty(cache, generation);
      }),

    removeEmpty: (cache, generation) => access.write(() => removeEmpty(cache, generation)),
  };
}

function toRegisteredCache(cache: CacheId, { generation, leases }: CacheDocument): RegisteredCache {
  return { cache, generation, leases: new Map(Object.entries(leases) as [LeaseId, Lease][]) };
}
