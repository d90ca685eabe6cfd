import { randomUUID } from 'node:crypto';
import type { MonotonicClock } from '../core/clock.ts';
import { type Binding, usableUntil } from './binding.ts';
import type { CacheConnection } from './cache-connection.ts';
import type { CacheObserver } from './cache-observer.ts';
import type { CacheId, CacheRegistry, LeaseId } from './cache-registry.ts';

export interface LeaseKeeperOptions {
  readonly registry: CacheRegistry;
  /** How long a lease lasts without a renewal, in milliseconds. */
  readonly leaseMs: number;
  readonly clock: MonotonicClock;
  readonly observer: CacheObserver;
}

/** Takes a lease on a cache, renews it and releases it. */
export interface LeaseKeeper {
  /**
   * Registers this instance with the cache that answers on the connection.
   *
   * @throws Error when it is not a primary, or the authority does not answer
   */
  acquire(connection: CacheConnection): Promise<Binding>;
  /** Renews the lease until it is lost, and resolves to the reason; to undefined when the signal was aborted before. */
  keep(binding: Binding, signal: AbortSignal): Promise<Error | undefined>;
  /** Removes the lease. Without that it would lapse by itself, and delay revocations until then. Never rejects. */
  release(binding: Binding): Promise<void>;
}

/** Renewals while a lease lasts: two may be lost. */
const RENEWALS_IN_A_LEASE = 3;

export function createLeaseKeeper({ registry, leaseMs, clock, observer }: LeaseKeeperOptions): LeaseKeeper {
  /** Returns why the lease is lost, if it is. */
  async function renew(binding: Binding): Promise<Error | undefined> {
    const { connection, cache, generation, leaseId } = binding;
    const sentAtMs = clock.nowMs();
    const answering = await connection.identify().catch(() => undefined);
    if (answering !== cache) return new Error('Redis did not answer as the primary that the lease is for');
    try {
      if (!(await registry.renew(cache, generation, leaseId))) return new Error('the lease is no longer there');
      binding.usableUntilMs = usableUntil(sentAtMs, leaseMs);
      return undefined;
    } catch (error) {
      // The authority may be electing: what is cached stays usable until the lease ends.
      observer.failedInBackground('renewing the lease', error);
      return clock.nowMs() < binding.usableUntilMs ? undefined : new Error('the lease ended', { cause: error });
    }
  }

  return {
    async acquire(connection) {
      const sentAtMs = clock.nowMs();
      const cache = await requireCacheId(connection);
      const leaseId = randomUUID() as LeaseId;
      const generation = await registry.register(cache, leaseId, leaseMs);
      return { connection, cache, generation, leaseId, usableUntilMs: usableUntil(sentAtMs, leaseMs) };
    },

    async keep(binding, signal) {
      // The first one may be due already, where registering took long.
      let renewedAtMs = binding.usableUntilMs - usableUntil(0, leaseMs);
      while (!signal.aborted) {
        await clock.sleep(renewedAtMs + leaseMs / RENEWALS_IN_A_LEASE - clock.nowMs(), signal);
        if (signal.aborted) break;
        renewedAtMs = clock.nowMs();
        const lost = await renew(binding);
        if (lost !== undefined) return signal.aborted ? undefined : lost;
      }
      return undefined;
    },

    async release({ cache, generation, leaseId }) {
      await registry.release(cache, generation, leaseId).catch((error: unknown) => {
        observer.failedInBackground('releasing the lease', error);
      });
    },
  };
}

async function requireCacheId(connection: CacheConnection): Promise<CacheId> {
  const cache = await connection.identify();
  if (cache === undefined) throw new Error('Redis is not a primary, or does not say who it is');
  return cache;
}
