import type { KeyHash } from '../core/api-key.ts';
import type { MonotonicClock } from '../core/clock.ts';
import type { PendingInvalidation, PendingInvalidations } from './authority.ts';
import type { Binder } from './binder.ts';
import type { CacheObserver } from './cache-observer.ts';
import type { CacheRegistry, RegisteredCache } from './cache-registry.ts';
import { invalidate } from './invalidation.ts';
import type { LeaseExpiry } from './lease-expiry.ts';

/** Finishes what other instances, or crashed ones, began. */
export interface Sweeper {
  stop(): Promise<void>;
}

export interface SweeperOptions {
  readonly registry: CacheRegistry;
  readonly pending: PendingInvalidations;
  readonly binder: Pick<Binder, 'current' | 'isUsable' | 'suspend' | 'resume'>;
  readonly leaseExpiry: LeaseExpiry;
  readonly clock: MonotonicClock;
  readonly observer: CacheObserver;
  /** Pause between two sweeps, in milliseconds. */
  readonly intervalMs: number;
}

export function startSweeper(options: SweeperOptions): Sweeper {
  const { registry, pending, binder, leaseExpiry, clock, observer, intervalMs } = options;
  const stopping = new AbortController();
  /** Entries that could not be invalidated in the cache of this instance: while they are pending, it is not bound again. */
  const failed = new Set<KeyHash>();

  async function sweep(): Promise<void> {
    // In this order: a cache that registers after the second read cannot hold what was pending at the first.
    const entries = await pending.list();
    const registered = await registry.read();
    await leaseExpiry.expire(registered);
    const listed = new Set(entries.map(({ hash }) => hash));
    for (const hash of failed) if (!listed.has(hash)) failed.delete(hash);
    if (failed.size === 0) binder.resume();
    for (const entry of entries) await sweepEntry(entry, registered);
  }

  async function sweepEntry(entry: PendingInvalidation, registered: readonly RegisteredCache[]): Promise<void> {
    const acknowledgedBy = new Set(entry.acknowledgedBy);
    for (const cache of registered) {
      if (acknowledgedBy.has(cache.generation) || !(await invalidateOrSuspend(cache, entry))) continue;
      await pending.acknowledge(entry, cache.generation);
      acknowledgedBy.add(cache.generation);
    }
    if (registered.every(({ generation }) => acknowledgedBy.has(generation))) {
      await pending.confirm(entry.merchantId, [entry.hash]);
    }
  }

  /** A cache that the instance uses but cannot invalidate would delay every revocation: it stops using that cache. */
  async function invalidateOrSuspend(cache: RegisteredCache, { hash }: PendingInvalidation): Promise<boolean> {
    try {
      return await invalidate(cache, hash, binder);
    } catch (error) {
      failed.add(hash);
      binder.suspend(error);
      return false;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sweep().catch((error: unknown) => observer.failedInBackground('sweeping', error));
      await clock.sleep(intervalMs, stopping.signal);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
