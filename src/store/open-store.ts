import type { Config, MongoConfig, RedisConfig } from '../config/config.ts';
import { SYSTEM_CLOCK } from '../core/clock.ts';
import { StartError } from '../core/start-error.ts';
import type { CacheObserver } from '../revocation/cache-observer.ts';
import { openLmdbStore } from './lmdb/lmdb-store.ts';
import { createMongoAccess, type MongoAccess } from './mongo/access.ts';
import { createMongoCacheRegistry } from './mongo/cache-registry.ts';
import { createMongoStore } from './mongo/mongo-store.ts';
import { createMongoPendingInvalidations } from './mongo/pending-invalidations.ts';
import { type AuthorityPorts, type CacheOptions, type OpenStore, startProductionStore } from './production-store.ts';
import { connectRedis } from './redis/redis-connection.ts';

const SWEEP_INTERVAL_MS = 500;
const CONFIRM_POLL_MS = 50;
const REDIS_CONNECT_TIMEOUT_MS = 2_000;
const REDIS_RETRY_MS = 1_000;
/** Longest life of a fill token: above the time limit of the reads that a fill waits for. */
const FILL_MS = 60_000;
/** Replies of Redis in a row that have to fail before it is left alone, and for how long. */
const BREAKER = { threshold: 3, openMs: 1_000 };

/**
 * Opens the embedded store, or MongoDB with strict revocation and, if configured, Redis in front.
 *
 * @param onStoreLost called once, when the embedded store's file was removed or replaced while the service runs
 * @throws StartError when the store cannot be used
 */
export async function openStore(
  config: Config,
  observer: CacheObserver,
  onStoreLost: (error: Error) => void,
): Promise<OpenStore> {
  if (config.mongo !== undefined) return openProductionStore(config.mongo, observer);
  try {
    const store = openLmdbStore(config.dataDir, { onLost: onStoreLost });
    return { store, stopWaiting: () => undefined, close: () => store.close() };
  } catch (cause) {
    throw StartError.because('DATA_DIR: cannot be used', cause);
  }
}

async function openProductionStore(config: MongoConfig, observer: CacheObserver): Promise<OpenStore> {
  return startProductionStore(await openMongo(config), {
    clock: SYSTEM_CLOCK,
    observer,
    maxReads: config.maxReads,
    confirmTimeoutMs: config.confirmTimeoutMs,
    confirmPollMs: CONFIRM_POLL_MS,
    sweepIntervalMs: SWEEP_INTERVAL_MS,
    cache: config.redis === undefined ? undefined : redisOptions(config.redis),
  });
}

async function openMongo(config: MongoConfig): Promise<AuthorityPorts> {
  let access: MongoAccess | undefined;
  try {
    access = createMongoAccess(config);
    const authority = createMongoStore(access);
    await authority.createIndexes();
    const registry = createMongoCacheRegistry(access);
    return { authority, registry, pending: createMongoPendingInvalidations(access) };
  } catch (cause) {
    await access?.close();
    throw StartError.because('MONGODB_URL: the indexes cannot be created there', cause);
  }
}

function redisOptions({ url, commandTimeoutMs, leaseMs, ttlMs }: RedisConfig): CacheOptions {
  const connection = { url, commandTimeoutMs, connectTimeoutMs: REDIS_CONNECT_TIMEOUT_MS };
  const connect = () => connectRedis(connection);
  return { connect, leaseMs, retryMs: REDIS_RETRY_MS, ttlMs, fillMs: FILL_MS, breaker: BREAKER };
}
