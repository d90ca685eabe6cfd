import type { Generation, HolderId, HolderRegistry, LeaseId, RegisteredHolder } from '../core/revocation.ts';

/** Finds leases that have lapsed, in what is read of the registry again and again. */
export interface LeaseWatch {
  /** Takes what was just read, and removes the leases that have lapsed and the holders that are left without any. */
  observe(registered: readonly RegisteredHolder[]): Promise<void>;
}

interface Sighting {
  readonly count: number;
  /** When the count was first known, on the own monotonic clock, in milliseconds. */
  readonly sinceMs: number;
}

interface WatchedLease {
  readonly holder: HolderId;
  readonly generation: Generation;
  readonly leaseId: LeaseId;
  readonly count: number;
}

/**
 * A lease has lapsed when its count has stayed the same for the lease's full duration, which began after the count was
 * read. Its removal is matched on that count, so that a lease in use is never removed.
 */
export function createLeaseWatch(registry: HolderRegistry): LeaseWatch {
  let sightings = new Map<LeaseId, Sighting>();

  /** Keeps the sightings of leases that are still there, and returns the leases that have lapsed. */
  function update(registered: readonly RegisteredHolder[]): WatchedLease[] {
    const nowMs = performance.now();
    const lapsed: WatchedLease[] = [];
    const seen = new Map<LeaseId, Sighting>();
    for (const { holder, generation, leases } of registered) {
      for (const [leaseId, { count, leaseMs }] of leases) {
        const before = sightings.get(leaseId);
        const sighting = before?.count === count ? before : { count, sinceMs: nowMs };
        seen.set(leaseId, sighting);
        if (nowMs - sighting.sinceMs >= leaseMs) lapsed.push({ holder, generation, leaseId, count });
      }
    }
    sightings = seen;
    return lapsed;
  }

  return {
    async observe(registered) {
      for (const { holder, generation, leaseId, count } of update(registered)) {
        await registry.removeLapsed(holder, generation, leaseId, count);
      }
      for (const { holder, generation, leases } of registered) {
        if (leases.size === 0) await registry.removeEmpty(holder, generation);
      }
    },
  };
}
