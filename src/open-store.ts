import { type Binder, createBinder } from './cache/binder.ts';
import type { CacheObserver } from './cache/cache-observer.ts';
import { createCircuitBreaker } from './cache/circuit-breaker.ts';
import { createConfirmer } from './cache/confirmer.ts';
import { createLeaseWatch } from './cache/lease-watch.ts';
import { createRedisCache } from './cache/redis-cache.ts';
import { connectRedis } from './cache/redis-connection.ts';
import { createStrictStore } from './cache/strict-store.ts';
import { startSweeper } from './cache/sweeper.ts';
import { type Config, ConfigError, type MongoConfig, type RedisConfig } from './config.ts';
import type { KeyStore } from './core/key-store.ts';
import type { HolderRegistry } from './core/revocation.ts';
import { openLmdbStore } from './store/lmdb-store.ts';
import { createMongoAccess, type MongoAccess } from './store/mongo-access.ts';
import { createMongoHolderRegistry } from './store/mongo-holder-registry.ts';
import { createMongoPending } from './store/mongo-pending.ts';
import { createMongoStore } from './store/mongo-store.ts';

/** The store that the configuration names, composed and at work. */
export interface OpenStore {
  readonly store: KeyStore;
  /** Ends calls that wait for a confirmation: the service is about to stop. */
  stopWaiting(): void;
}

const SWEEP_INTERVAL_MS = 500;
/** Pause between two looks at the authority while a revocation waits. */
const CONFIRM_POLL_MS = 50;
const REDIS_CONNECT_TIMEOUT_MS = 2_000;
const REDIS_RETRY_MS = 1_000;
/** Longest life of a token: above the time limit of the reads that a fill waits for. */
const FILL_MS = 60_000;
/** Replies of Redis in a row that have to fail before it is left alone, and for how long. */
const BREAKER = { threshold: 3, openMs: 1_000 };

/**
 * Opens the embedded store, or MongoDB with strict revocation and, if configured, Redis in front.
 *
 * @param onStoreLost told once, when the embedded store's file was taken away while the service runs
 * @throws ConfigError when the store cannot be used
 */
export async function openStore(
  config: Config,
  observer: CacheObserver,
  onStoreLost: (error: Error) => void,
): Promise<OpenStore> {
  if (config.mongo !== undefined) return openProductionStore(config.mongo, observer);
  try {
    return { store: openLmdbStore(config.dataDir, { onLost: onStoreLost }), stopWaiting: () => undefined };
  } catch (cause) {
    throw new ConfigError(`DATA_DIR: cannot be used: ${messageOf(cause)}`, { cause });
  }
}

async function openProductionStore(config: MongoConfig, observer: CacheObserver): Promise<OpenStore> {
  const { access, authority } = await openMongo(config);
  const registry = createMongoHolderRegistry(access);
  const pending = createMongoPending(access);
  const leaseWatch = createLeaseWatch(registry);
  const binder = config.redis === undefined ? UNBOUND : bindRedis(config.redis, registry, observer);
  const confirmer = createConfirmer({
    registry,
    pending,
    bindings: binder,
    leaseWatch,
    observer,
    timeoutMs: config.confirmTimeoutMs,
    pollMs: CONFIRM_POLL_MS,
  });
  const sweeper = startSweeper({ registry, pending, binder, leaseWatch, observer, intervalMs: SWEEP_INTERVAL_MS });
  const strict = createStrictStore(authority, confirmer);

  return {
    stopWaiting: () => confirmer.stop(),
    store: {
      ...(config.redis === undefined ? strict : cacheInRedis(strict, config.redis, binder, observer)),
      async close() {
        await sweeper.stop();
        await binder.close();
        await access.close();
      },
    },
  };
}

async function openMongo(config: MongoConfig) {
  let access: MongoAccess | undefined;
  try {
    access = createMongoAccess(config);
    const authority = createMongoStore(access);
    await authority.createIndexes();
    return { access, authority };
  } catch (cause) {
    await access?.close();
    throw new ConfigError(`MONGODB_URL: the indexes cannot be created there: ${messageOf(cause)}`, { cause });
  }
}

function bindRedis({ url, commandTimeoutMs, leaseMs }: RedisConfig, registry: HolderRegistry, observer: CacheObserver) {
  const connection = { url, commandTimeoutMs, connectTimeoutMs: REDIS_CONNECT_TIMEOUT_MS };
  const connect = () => connectRedis(connection);
  return createBinder({ connect, registry, leaseMs, retryMs: REDIS_RETRY_MS, observer });
}

function cacheInRedis(store: KeyStore, { ttlMs }: RedisConfig, binder: Binder, observer: CacheObserver): KeyStore {
  return createRedisCache(store, { binder, breaker: createCircuitBreaker(BREAKER), observer, ttlMs, fillMs: FILL_MS });
}

/** An instance without Redis: it revokes as strictly as the others, and caches nothing. */
const UNBOUND: Binder = {
  current: () => undefined,
  isUsable: () => false,
  drop: () => undefined,
  suspend: () => undefined,
  resume: () => undefined,
  close: async () => undefined,
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
