import { type Config, ConfigError, type MongoConfig, type RedisConfig } from '../config/config.ts';
import { SYSTEM_CLOCK } from '../core/clock.ts';
import type { KeyStore } from '../core/key-store.ts';
import { type Binder, startBinder } from '../revocation/binder.ts';
import type { BindingSource } from '../revocation/binding.ts';
import type { CacheObserver } from '../revocation/cache-observer.ts';
import type { CacheRegistry } from '../revocation/cache-registry.ts';
import { createConfirmer } from '../revocation/confirmer.ts';
import { createLeaseExpiry } from '../revocation/lease-expiry.ts';
import { createLeaseKeeper } from '../revocation/lease-keeper.ts';
import { createStrictStore } from '../revocation/strict-store.ts';
import { startSweeper } from '../revocation/sweeper.ts';
import { createBoundedReadsStore } from './bounded-reads.ts';
import { openLmdbStore } from './lmdb/lmdb-store.ts';
import { createMongoAccess, type MongoAccess } from './mongo/access.ts';
import { createMongoCacheRegistry } from './mongo/cache-registry.ts';
import { createMongoStore } from './mongo/mongo-store.ts';
import { createMongoPendingInvalidations } from './mongo/pending-invalidations.ts';
import { createCachedStore } from './redis/cached-store.ts';
import { createCircuitBreaker } from './redis/circuit-breaker.ts';
import { connectRedis } from './redis/redis-connection.ts';
import { createSharedReadsStore } from './shared-reads.ts';

/** The store that the configuration names, composed and at work. */
export interface OpenStore {
  readonly store: KeyStore;
  /** Ends calls that wait for a confirmation: the service is about to stop. */
  stopWaiting(): void;
  /** Ends what works in the background, then closes the store. */
  close(): Promise<void>;
}

const SWEEP_INTERVAL_MS = 500;
/** Pause between two looks at the authority while a revocation waits. */
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
 * @throws ConfigError when the store cannot be used
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
    throw new ConfigError(`DATA_DIR: cannot be used: ${messageOf(cause)}`, { cause });
  }
}

async function openProductionStore(config: MongoConfig, observer: CacheObserver): Promise<OpenStore> {
  const clock = SYSTEM_CLOCK;
  const { access, authority } = await openMongo(config);
  const registry = createMongoCacheRegistry(access);
  const pending = createMongoPendingInvalidations(access);
  const leaseExpiry = createLeaseExpiry(registry, clock);
  const binder = config.redis === undefined ? UNBOUND : bindRedis(config.redis, registry, observer);
  const common = { registry, pending, leaseExpiry, clock, observer };
  const confirmation = { timeoutMs: config.confirmTimeoutMs, pollMs: CONFIRM_POLL_MS };
  const confirmer = createConfirmer({ ...common, ...confirmation, bindings: binder });
  const sweeper = startSweeper({ ...common, binder, intervalMs: SWEEP_INTERVAL_MS });

  const bounded = createBoundedReadsStore(authority, config.maxReads);
  const shared = createSharedReadsStore(bounded);
  const strict = createStrictStore(shared, confirmer);
  const store = config.redis === undefined ? strict : cacheInRedis(strict, config.redis, binder, observer);
  return {
    store,
    stopWaiting: () => confirmer.stop(),
    async close() {
      await sweeper.stop();
      await binder.close();
      await store.close();
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

function bindRedis({ url, commandTimeoutMs, leaseMs }: RedisConfig, registry: CacheRegistry, observer: CacheObserver) {
  const connection = { url, commandTimeoutMs, connectTimeoutMs: REDIS_CONNECT_TIMEOUT_MS };
  const common = { clock: SYSTEM_CLOCK, observer };
  const leaseKeeper = createLeaseKeeper({ ...common, registry, leaseMs });
  return startBinder({ ...common, leaseKeeper, connect: () => connectRedis(connection), retryMs: REDIS_RETRY_MS });
}

function cacheInRedis(store: KeyStore, { ttlMs }: RedisConfig, bindings: BindingSource, observer: CacheObserver) {
  const breaker = createCircuitBreaker({ clock: SYSTEM_CLOCK, ...BREAKER });
  return createCachedStore(store, { bindings, breaker, observer, ttlMs, fillMs: FILL_MS });
}

/** An instance without Redis: it revokes as strictly as the others, and caches nothing. */
const UNBOUND: Binder = {
  current: () => undefined,
  isUsable: () => false,
  suspend: () => undefined,
  resume: () => undefined,
  close: async () => undefined,
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
