import type { MonotonicClock } from '../core/clock.ts';
import type { CacheId, CacheRegistry, Generation, LeaseId, RegisteredCache } from './cache-registry.ts';

/** Finds leases that have lapsed, in what is read of the registry again and again. */
export interface LeaseExpiry {
  /** Takes what was just read, and removes the leases that have lapsed and the caches that are left without any. */
  expire(registered: readonly RegisteredCache[]): Promise<void>;
}

interface Sighting {
  readonly count: number;
  /** When the count was first known, on this process's monotonic clock, in milliseconds. */
  readonly sinceMs: number;
}

interface LapsedLease {
  readonly cache: CacheId;
  readonly generation: Generation;
  readonly leaseId: LeaseId;
  readonly count: number;
}

/**
 * A lease has lapsed when its count has stayed the same for the lease's full duration, which began after the count was
 * read. Its removal is matched on that count, so that a lease in use is never removed.
 */
export function createLeaseExpiry(registry: CacheRegistry, clock: MonotonicClock): LeaseExpiry {
  let sightings = new Map<LeaseId, Sighting>();

  /** Keeps the sightings of leases that are still there, and returns the leases that have lapsed. */
  function update(registered: readonly RegisteredCache[]): LapsedLease[] {
    const nowMs = clock.nowMs();
    const lapsed: LapsedLease[] = [];
    const seen = new Map<LeaseId, Sighting>();
    for (const { cache, generation, leases } of registered) {
      for (const [leaseId, { count, leaseMs }] of leases) {
        const before = sightings.get(leaseId);
        const sighting = before?.count === count ? before : { count, sinceMs: nowMs };
        seen.set(leaseId, sighting);
        if (nowMs - sighting.sinceMs >= leaseMs) lapsed.push({ cache, generation, leaseId, count });
      }
    }
    sightings = seen;
    return lapsed;
  }

  return {
    async expire(registered) {
      for (const { cache, generation, leaseId, count } of update(registered)) {
        await registry.removeLapsed(cache, generation, leaseId, count);
      }
      for (const { cache, generation, leases } of registered) {
        if (leases.size === 0) await registry.removeEmpty(cache, generation);
      }
    },
  };
}
