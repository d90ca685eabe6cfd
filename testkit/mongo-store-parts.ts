import type { PendingInvalidations } from '../src/revocation/authority.ts';
import type { CacheRegistry } from '../src/revocation/cache-registry.ts';
import { createMongoAccess, type MongoAccess } from '../src/store/mongo/access.ts';
import { createMongoCacheRegistry } from '../src/store/mongo/cache-registry.ts';
import { createMongoStore, type MongoStore } from '../src/store/mongo/mongo-store.ts';
import { createMongoPendingInvalidations } from '../src/store/mongo/pending-invalidations.ts';

/** What the service has in MongoDB, without anything around it. */
export interface MongoStoreParts {
  readonly access: MongoAccess;
  readonly authority: MongoStore;
  readonly pending: PendingInvalidations;
  readonly registry: CacheRegistry;
}

export const MONGO_TIMEOUT_MS = 4_321;

/** Its indexes are there when this resolves. `access.close()` closes it. */
export async function openMongoStoreParts(url: string): Promise<MongoStoreParts> {
  const access = createMongoAccess({ url, timeoutMs: MONGO_TIMEOUT_MS });
  const authority = createMongoStore(access);
  await authority.createIndexes();
  return {
    access,
    authority,
    pending: createMongoPendingInvalidations(access),
    registry: createMongoCacheRegistry(access),
  };
}
