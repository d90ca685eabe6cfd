import type { MonotonicClock } from '../core/clock.ts';
import type { Binding, BindingSource } from './binding.ts';
import type { CacheConnection } from './cache-connection.ts';
import type { CacheObserver } from './cache-observer.ts';
import type { LeaseKeeper } from './lease-keeper.ts';

export interface BinderOptions {
  readonly connect: () => Promise<CacheConnection>;
  readonly leaseKeeper: LeaseKeeper;
  /** Pause after a binding was lost or could not be made, in milliseconds. */
  readonly retryMs: number;
  readonly clock: MonotonicClock;
  readonly observer: CacheObserver;
}

/** Keeps the instance bound to its cache whenever that is possible. */
export interface Binder extends BindingSource {
  /** Drops the binding now; no other one is made before {@link Binder.resume}. */
  suspend(reason: unknown): void;
  resume(): void;
  /** Drops and releases the binding, and makes no other one. */
  close(): Promise<void>;
}

/** The binding in use, and what ends its renewals. */
interface Bound {
  readonly binding: Binding;
  readonly dropped: AbortController;
}

/** Begins at once, in the background: the service starts without its cache and picks it up later. */
export function startBinder({ connect, leaseKeeper, retryMs, clock, observer }: BinderOptions): Binder {
  const closing = new AbortController();
  let bound: Bound | undefined;
  let suspended = false;

  const mayBind = () => !suspended && !closing.signal.aborted;

  /** In the same turn: a binding must not be used once its lease may be gone from the registry. */
  function drop(reason: unknown): void {
    if (bound === undefined) return;
    const { binding, dropped } = bound;
    bound = undefined;
    binding.connection.close();
    dropped.abort();
    observer.unbound(reason);
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      if (mayBind()) await bindOnce().catch((reason: unknown) => observer.unbound(reason));
      await clock.sleep(retryMs, closing.signal);
    }
  }

  async function bindOnce(): Promise<void> {
    const connection = await connect();
    try {
      const binding = await leaseKeeper.acquire(connection);
      try {
        if (mayBind()) await keepBound(binding);
      } finally {
        await leaseKeeper.release(binding);
      }
    } finally {
      connection.close();
    }
  }

  /** Until the lease is lost, the connection is closed or the binding is dropped. */
  async function keepBound(binding: Binding): Promise<void> {
    const mine: Bound = { binding, dropped: new AbortController() };
    bound = mine;
    observer.bound();
    binding.connection.onClosed(() => {
      if (bound === mine) drop(new Error('the connection to Redis was closed'));
    });
    const lost = await leaseKeeper.keep(binding, mine.dropped.signal);
    if (lost !== undefined && bound === mine) drop(lost);
  }

  const running = run();
  return {
    current: () => bound?.binding,
    isUsable: (binding) => binding === bound?.binding && clock.nowMs() < binding.usableUntilMs,
    suspend(reason) {
      suspended = true;
      drop(reason);
    },
    resume() {
      suspended = false;
    },
    async close() {
      closing.abort();
      drop(new Error('the service stops'));
      await running;
    },
  };
}
