import type { KeyStore } from '../../src/core/key-store.ts';
import type { Binder } from '../../src/revocation/binder.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheObserver } from '../../src/revocation/cache-observer.ts';
import { createBoundedReadsStore } from '../../src/store/bounded-reads.ts';
import { createCircuitBreaker } from '../../src/store/redis/circuit-breaker.ts';
import type { AuthorityPorts } from './authority-client.ts';
import type { Parts } from './parts.ts';
import type { ProcessLife } from './process-life.ts';

/** The service's time limits, in milliseconds, in the proportions of its defaults but closer together. */
export const TIMES = {
  leaseMs: 300,
  sweepMs: 60,
  pollMs: 20,
  confirmTimeoutMs: 1_500,
  retryMs: 30,
  ttlMs: 20_000,
  fillMs: 500,
  cacheTimeoutMs: 40,
  authorityTimeoutMs: 60,
  breakerMs: 60,
};

/** An instance of the service in one life of its process. */
export interface Instance {
  readonly name: string;
  readonly life: ProcessLife;
  readonly store: KeyStore;
  isBound(): boolean;
  /** Ends its work in order, as at SIGTERM. */
  close(): Promise<void>;
}

export interface InstanceOptions {
  readonly life: ProcessLife;
  readonly parts: Parts;
  readonly ports: AuthorityPorts;
  /** Undefined for an instance without a cache. */
  readonly connect: (() => Promise<CacheConnection>) | undefined;
}

const READS_AT_ONCE = 1_000;
const BREAKER = { threshold: 3, openMs: TIMES.breakerMs };

/** Composed as `src/store/open-store.ts` does it, over the ports of the simulated world. */
export function startInstance({ life, parts, ports, connect }: InstanceOptions): Instance {
  const { registry, pending, authority } = ports;
  const { clock } = life;
  const { leaseMs, sweepMs, pollMs, confirmTimeoutMs, retryMs, ttlMs, fillMs } = TIMES;
  const leaseExpiry = parts.createLeaseExpiry(registry, clock);
  const leaseKeeper = parts.createLeaseKeeper({ registry, leaseMs, clock, observer: SILENT });
  const binder =
    connect === undefined ? UNBOUND : parts.startBinder({ connect, leaseKeeper, retryMs, clock, observer: SILENT });
  const common = { registry, pending, leaseExpiry, clock, observer: SILENT };
  const confirmer = parts.createConfirmer({ ...common, bindings: binder, timeoutMs: confirmTimeoutMs, pollMs });
  const sweeper = parts.startSweeper({ ...common, binder, intervalMs: sweepMs });

  const shared = parts.createSharedReadsStore(createBoundedReadsStore(authority, READS_AT_ONCE));
  const strict = parts.createStrictStore(shared, confirmer);
  const cacheOptions = { bindings: binder, observer: SILENT, ttlMs, fillMs };
  const breaker = createCircuitBreaker({ clock, ...BREAKER });
  const store = connect === undefined ? strict : parts.createCachedStore(strict, { ...cacheOptions, breaker });
  return {
    name: life.name,
    life,
    store,
    isBound: () => binder.current() !== undefined,
    async close() {
      confirmer.stop();
      await sweeper.stop();
      await binder.close();
      await store.close();
    },
  };
}

const UNBOUND: Binder = {
  current: () => undefined,
  isUsable: () => false,
  suspend: () => undefined,
  resume: () => undefined,
  close: async () => undefined,
};

const SILENT: CacheObserver = {
  lookedUp: () => undefined,
  bound: () => undefined,
  unbound: () => undefined,
  confirmationWaits: () => undefined,
  confirmationEnded: () => undefined,
  failedInBackground: () => undefined,
};
