import { SYSTEM_CLOCK } from '../../src/core/clock.ts';
import type { KeyStore } from '../../src/core/key-store.ts';
import type { AuthorityStore, PendingInvalidations } from '../../src/revocation/authority.ts';
import { startBinder } from '../../src/revocation/binder.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheObserver, LookupSource } from '../../src/revocation/cache-observer.ts';
import type { CacheRegistry } from '../../src/revocation/cache-registry.ts';
import { createConfirmer } from '../../src/revocation/confirmer.ts';
import { createLeaseExpiry } from '../../src/revocation/lease-expiry.ts';
import { createLeaseKeeper } from '../../src/revocation/lease-keeper.ts';
import { createStrictStore } from '../../src/revocation/strict-store.ts';
import { createCachedStore } from '../../src/store/redis/cached-store.ts';
import { createCircuitBreaker } from '../../src/store/redis/circuit-breaker.ts';

/** The parts of an instance that are not its own. */
export interface InstanceParts {
  readonly authority: AuthorityStore;
  readonly pending: PendingInvalidations;
  readonly registry: CacheRegistry;
  readonly connect: () => Promise<CacheConnection>;
}

/** An instance that caches: `cached(strict(authority))`, bound to its cache. */
export interface DecoratedInstance {
  readonly store: KeyStore;
  /** Where its lookups were answered from so far. */
  readonly sources: readonly LookupSource[];
  /** Gives back its lease, then closes the store. */
  close(): Promise<void>;
}

const LEASE_MS = 15_000;
const CONFIRMATION = { timeoutMs: 5_000, pollMs: 10 };
const CACHE = { ttlMs: 30_000, fillMs: 60_000 };

/** Resolves when it is bound: what is checked before would be checked without the cache. */
export async function openDecoratedInstance(parts: InstanceParts): Promise<DecoratedInstance> {
  const { authority, pending, registry, connect } = parts;
  const sources: LookupSource[] = [];
  const bound = Promise.withResolvers<void>();
  const observer: CacheObserver = {
    ...IGNORE,
    bound: bound.resolve,
    lookedUp: (source) => sources.push(source),
  };
  const common = { registry, pending, clock: SYSTEM_CLOCK, observer };
  const leaseKeeper = createLeaseKeeper({ ...common, leaseMs: LEASE_MS });
  const binder = startBinder({ ...common, connect, leaseKeeper, retryMs: 10 });
  const leaseExpiry = createLeaseExpiry(registry, SYSTEM_CLOCK);
  const confirmer = createConfirmer({ ...common, ...CONFIRMATION, bindings: binder, leaseExpiry });
  const breaker = createCircuitBreaker({ clock: SYSTEM_CLOCK, threshold: 3, openMs: 1_000 });
  const strict = createStrictStore(authority, confirmer);
  const cached = createCachedStore(strict, { bindings: binder, breaker, observer, ...CACHE });
  await bound.promise;
  return {
    store: cached,
    sources,
    async close() {
      await binder.close();
      await cached.close();
    },
  };
}

/** An observer that does nothing. */
export const IGNORE: CacheObserver = {
  bound: () => undefined,
  unbound: () => undefined,
  lookedUp: () => undefined,
  confirmationWaits: () => undefined,
  confirmationEnded: () => undefined,
  failedInBackground: () => undefined,
};
