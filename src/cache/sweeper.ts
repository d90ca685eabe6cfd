import type { KeyHash } from '../core/api-key.ts';
import type {
  HolderRegistry,
  PendingInvalidation,
  PendingInvalidations,
  RegisteredHolder,
} from '../core/revocation.ts';
import type { Binder } from './binder.ts';
import type { CacheObserver } from './cache-observer.ts';
import { invalidate } from './invalidation.ts';
import type { LeaseWatch } from './lease-watch.ts';
import { createPause } from './pause.ts';

/** Finishes what other instances, or crashed ones, began. */
export interface Sweeper {
  stop(): Promise<void>;
}

export interface SweeperOptions {
  readonly registry: HolderRegistry;
  readonly pending: PendingInvalidations;
  readonly binder: Pick<Binder, 'current' | 'isUsable' | 'suspend' | 'resume'>;
  readonly leaseWatch: LeaseWatch;
  readonly observer: CacheObserver;
  /** Pause between two sweeps, in milliseconds. */
  readonly intervalMs: number;
}

export function startSweeper(options: SweeperOptions): Sweeper {
  const { registry, pending, binder, leaseWatch, observer, intervalMs } = options;
  const pause = createPause();
  /** Entries that could not be invalidated on the own binding: while they are pending, it is not bound again. */
  const failed = new Set<KeyHash>();
  let stopped = false;

  async function sweep(): Promise<void> {
    // In this order: a holder that registers after the second read cannot hold what was pending at the first.
    const entries = await pending.list();
    const registered = await registry.read();
    await leaseWatch.observe(registered);
    const listed = new Set(entries.map(({ hash }) => hash));
    for (const hash of failed) if (!listed.has(hash)) failed.delete(hash);
    if (failed.size === 0) binder.resume();
    for (const entry of entries) await sweepEntry(entry, registered);
  }

  async function sweepEntry(entry: PendingInvalidation, registered: readonly RegisteredHolder[]): Promise<void> {
    const acknowledgedBy = new Set(entry.acknowledgedBy);
    for (const holder of registered) {
      if (acknowledgedBy.has(holder.generation) || !(await invalidateOrSuspend(holder, entry))) continue;
      await pending.acknowledge(entry, holder.generation);
      acknowledgedBy.add(holder.generation);
    }
    if (registered.every(({ generation }) => acknowledgedBy.has(generation))) {
      await pending.confirm(entry.merchantId, [entry.hash]);
    }
  }

  /** A cache that this instance uses and cannot clean would hold up everybody: then it does without. */
  async function invalidateOrSuspend(holder: RegisteredHolder, { hash }: PendingInvalidation): Promise<boolean> {
    try {
      return await invalidate(holder, hash, binder);
    } catch (error) {
      failed.add(hash);
      binder.suspend(error);
      return false;
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await sweep().catch((error: unknown) => observer.failedInBackground('sweeping', error));
      if (!stopped) await pause.wait(intervalMs);
    }
  }

  const running = run();
  return {
    async stop() {
      stopped = true;
      pause.end();
      await running;
    },
  };
}
