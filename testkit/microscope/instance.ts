import type { KeyStore } from '../../src/core/key-store.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheObserver } from '../../src/revocation/cache-observer.ts';
import { type AuthorityPorts, type ProtocolParts, startProductionStore } from '../../src/store/production-store.ts';
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
  readonly parts: ProtocolParts;
  readonly ports: AuthorityPorts;
  /** Undefined for an instance without a cache. */
  readonly connect: (() => Promise<CacheConnection>) | undefined;
}

const READS_AT_ONCE = 1_000;
const BREAKER = { threshold: 3, openMs: TIMES.breakerMs };

/** The service's own composition, over the ports of the simulated world. */
export function startInstance({ life, parts, ports, connect }: InstanceOptions): Instance {
  const { leaseMs, sweepMs, pollMs, confirmTimeoutMs, retryMs, ttlMs, fillMs } = TIMES;
  const cache = connect && { connect, leaseMs, retryMs, ttlMs, fillMs, breaker: BREAKER };
  const times = { confirmTimeoutMs, confirmPollMs: pollMs, sweepIntervalMs: sweepMs };
  const options = { clock: life.clock, observer: SILENT, maxReads: READS_AT_ONCE, ...times, cache };
  const { store, binder, stopWaiting, close } = startProductionStore(ports, options, parts);
  return {
    name: life.name,
    life,
    store,
    isBound: () => binder.current() !== undefined,
    async close() {
      stopWaiting();
      await close();
    },
  };
}

const SILENT: CacheObserver = {
  lookedUp: () => undefined,
  bound: () => undefined,
  unbound: () => undefined,
  confirmationWaits: () => undefined,
  confirmationEnded: () => undefined,
  failedInBackground: () => undefined,
};
