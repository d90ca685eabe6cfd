import { randomUUID } from 'node:crypto';
import type { Generation, HolderId, HolderRegistry, LeaseId } from '../core/revocation.ts';
import { type Binding, type BindingHolder, usableUntil } from './binding.ts';
import type { CacheObserver } from './cache-observer.ts';
import { createPause } from './pause.ts';
import type { RedisConnection } from './redis-connection.ts';

export interface BinderOptions {
  readonly connect: () => Promise<RedisConnection>;
  readonly registry: HolderRegistry;
  /** How long a lease lasts without a renewal, in milliseconds. */
  readonly leaseMs: number;
  /** Pause after a binding was lost or could not be made, in milliseconds. */
  readonly retryMs: number;
  readonly observer: CacheObserver;
}

/** Keeps the instance bound to its Redis whenever that is possible. */
export interface Binder extends BindingHolder {
  /** Drops the binding now; another one is made as soon as possible. */
  drop(reason: unknown): void;
  /** Drops the binding now; no other one is made before {@link Binder.resume}. */
  suspend(reason: unknown): void;
  resume(): void;
  /** Drops and releases the binding, and makes no other one. */
  close(): Promise<void>;
}

/** Begins at once, in the background: the service starts without Redis and picks it up later. */
export function createBinder({ connect, registry, leaseMs, retryMs, observer }: BinderOptions): Binder {
  const pause = createPause();
  let binding: Binding | undefined;
  let suspended = false;
  let closed = false;

  /** In the same turn: a binding must not be used once its lease may be gone from the registry. */
  function drop(reason: unknown): void {
    if (binding === undefined) return;
    const { connection } = binding;
    binding = undefined;
    connection.close();
    pause.end();
    observer.unbound(reason);
  }

  async function run(): Promise<void> {
    while (!closed) {
      if (!suspended) await bindOnce().catch((reason: unknown) => observer.unbound(reason));
      if (!closed) await pause.wait(retryMs);
    }
  }

  /** Registers, and renews until the binding is lost. */
  async function bindOnce(): Promise<void> {
    const connection = await connect();
    try {
      const sentAtMs = performance.now();
      const holder = await requireHolder(connection);
      const leaseId = randomUUID() as LeaseId;
      const generation = await registry.register(holder, leaseId, leaseMs);
      try {
        const usableUntilMs = usableUntil(sentAtMs, leaseMs);
        await keep({ connection, holder, generation, leaseId, usableUntilMs }, sentAtMs);
      } finally {
        await release(holder, generation, leaseId);
      }
    } finally {
      connection.close();
    }
  }

  async function keep(mine: Binding, boundSentAtMs: number): Promise<void> {
    if (closed || suspended) return;
    binding = mine;
    observer.bound();
    mine.connection.onClosed(() => {
      if (binding === mine) drop(new Error('the connection to Redis was closed'));
    });
    let sentAtMs = boundSentAtMs;
    while (binding === mine) {
      await pause.wait(sentAtMs + leaseMs / 3 - performance.now());
      if (binding !== mine) return;
      sentAtMs = performance.now();
      const lost = await renew(mine, sentAtMs);
      if (lost !== undefined && binding === mine) drop(lost);
    }
  }

  /** Returns why the binding is lost, if it is. */
  async function renew(mine: Binding, sentAtMs: number): Promise<Error | undefined> {
    const { connection, holder, generation, leaseId } = mine;
    const answering = await connection.identify().catch(() => undefined);
    if (answering !== holder) return new Error('Redis did not answer as the primary that the lease is for');
    try {
      if (!(await registry.renew(holder, generation, leaseId))) return new Error('the lease is no longer there');
      mine.usableUntilMs = usableUntil(sentAtMs, leaseMs);
      return undefined;
    } catch (error) {
      // The authority may be electing: what is cached stays usable until the lease ends.
      observer.failedInBackground('renewing the lease', error);
      return performance.now() < mine.usableUntilMs ? undefined : new Error('the lease ended', { cause: error });
    }
  }

  /** Without it the lease would lapse by itself, and hold up revocations until then. */
  async function release(holder: HolderId, generation: Generation, leaseId: LeaseId): Promise<void> {
    await registry.release(holder, generation, leaseId).catch((error: unknown) => {
      observer.failedInBackground('releasing the lease', error);
    });
  }

  const running = run();
  return {
    current: () => binding,
    isUsable: (asked) => asked === binding && performance.now() < asked.usableUntilMs,
    drop,
    suspend(reason) {
      suspended = true;
      drop(reason);
    },
    resume() {
      suspended = false;
    },
    async close() {
      closed = true;
      drop(new Error('the service stops'));
      pause.end();
      await running;
    },
  };
}

async function requireHolder(connection: RedisConnection): Promise<HolderId> {
  const holder = await connection.identify();
  if (holder === undefined) throw new Error('Redis is not a primary, or does not tell who it is');
  return holder;
}
