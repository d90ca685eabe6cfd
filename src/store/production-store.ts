import type { MonotonicClock } from '../core/clock.ts';
import type { KeyStore } from '../core/key-store.ts';
import type { AuthorityStore, PendingInvalidations } from '../revocation/authority.ts';
import { type Binder, startBinder } from '../revocation/binder.ts';
import type { CacheConnection } from '../revocation/cache-connection.ts';
import type { CacheObserver } from '../revocation/cache-observer.ts';
import type { CacheRegistry } from '../revocation/cache-registry.ts';
import { createConfirmer } from '../revocation/confirmer.ts';
import { createLeaseExpiry } from '../revocation/lease-expiry.ts';
import { createLeaseKeeper } from '../revocation/lease-keeper.ts';
import { createStrictStore } from '../revocation/strict-store.ts';
import { startSweeper } from '../revocation/sweeper.ts';
import { createBoundedReadsStore } from './bounded-reads.ts';
import { createCachedStore } from './redis/cached-store.ts';
import { type CircuitBreakerOptions, createCircuitBreaker } from './redis/circuit-breaker.ts';
import { createSharedReadsStore } from './shared-reads.ts';

/** The authority, as the protocol sees it. */
export interface AuthorityPorts {
  readonly authority: AuthorityStore;
  readonly registry: CacheRegistry;
  readonly pending: PendingInvalidations;
}

/** All times in milliseconds. */
export interface ProductionStoreOptions {
  readonly clock: MonotonicClock;
  readonly observer: CacheObserver;
  /** Most reads for callers under way at once. */
  readonly maxReads: number;
  /** Longest wait for a confirmation. */
  readonly confirmTimeoutMs: number;
  /** Pause between two looks at the authority while a revocation waits. */
  readonly confirmPollMs: number;
  readonly sweepIntervalMs: number;
  /** Undefined for an instance without a cache: it revokes as strictly as the others, and caches nothing. */
  readonly cache: CacheOptions | undefined;
}

export interface CacheOptions {
  readonly connect: () => Promise<CacheConnection>;
  readonly leaseMs: number;
  /** Pause after a binding was lost or could not be made. */
  readonly retryMs: number;
  /** Longest life of a cached verdict. */
  readonly ttlMs: number;
  /** Longest life of a fill token. */
  readonly fillMs: number;
  readonly breaker: Omit<CircuitBreakerOptions, 'clock'>;
}

/** A store at work, and what stops it. */
export interface OpenStore {
  readonly store: KeyStore;
  /** Ends calls that wait for a confirmation: the service is about to stop. */
  stopWaiting(): void;
  /** Ends what works in the background, then closes the store. */
  close(): Promise<void>;
}

/** The parts of the protocol. A test replaces one of them to see its absence found. */
export const PROTOCOL_PARTS = {
  createSharedReadsStore: createSharedReadsStore as (authority: AuthorityStore) => AuthorityStore,
  createStrictStore,
  createConfirmer,
  startSweeper,
  startBinder,
  createLeaseKeeper,
  createLeaseExpiry,
  createCachedStore,
};

export type ProtocolParts = typeof PROTOCOL_PARTS;

/** `cached(strict(shared(bounded(authority))))`, with what keeps its binding and finishes what others began. */
export function startProductionStore(
  { authority, registry, pending }: AuthorityPorts,
  options: ProductionStoreOptions,
  parts: ProtocolParts = PROTOCOL_PARTS,
): OpenStore & { readonly binder: Binder } {
  const { clock, observer, cache, maxReads, confirmTimeoutMs: timeoutMs, confirmPollMs: pollMs } = options;
  const leaseExpiry = parts.createLeaseExpiry(registry, clock);
  const binder = cache === undefined ? UNBOUND : bind(registry, cache, options, parts);
  const common = { registry, pending, leaseExpiry, clock, observer };
  const confirmer = parts.createConfirmer({ ...common, bindings: binder, timeoutMs, pollMs });
  const sweeper = parts.startSweeper({ ...common, binder, intervalMs: options.sweepIntervalMs });

  const bounded = createBoundedReadsStore(authority, maxReads);
  const shared = parts.createSharedReadsStore(bounded);
  const strict = parts.createStrictStore(shared, confirmer);
  const store = cache === undefined ? strict : cacheIn(strict, binder, cache, options, parts);
  return {
    store,
    binder,
    stopWaiting: () => confirmer.stop(),
    async close() {
      await sweeper.stop();
      await binder.close();
      await store.close();
    },
  };
}

type Watched = Pick<ProductionStoreOptions, 'clock' | 'observer'>;

function bind(
  registry: CacheRegistry,
  cache: CacheOptions,
  { clock, observer }: Watched,
  parts: ProtocolParts,
): Binder {
  const { connect, leaseMs, retryMs } = cache;
  const leaseKeeper = parts.createLeaseKeeper({ registry, leaseMs, clock, observer });
  return parts.startBinder({ connect, leaseKeeper, retryMs, clock, observer });
}

function cacheIn(
  store: KeyStore,
  bindings: Binder,
  { ttlMs, fillMs, breaker: limits }: CacheOptions,
  { clock, observer }: Watched,
  parts: ProtocolParts,
): KeyStore {
  const breaker = createCircuitBreaker({ clock, ...limits });
  return parts.createCachedStore(store, { bindings, breaker, observer, ttlMs, fillMs });
}

const UNBOUND: Binder = {
  current: () => undefined,
  isUsable: () => false,
  suspend: () => undefined,
  resume: () => undefined,
  close: async () => undefined,
};
