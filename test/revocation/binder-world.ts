import { type Binder, startBinder } from '../../src/revocation/binder.ts';
import type { Binding } from '../../src/revocation/binding.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheRegistry } from '../../src/revocation/cache-registry.ts';
import { createLeaseKeeper } from '../../src/revocation/lease-keeper.ts';
import { createCacheEvents } from '../../testkit/cache-events.ts';
import { createManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import { settled } from '../../testkit/settled.ts';
import { watchPort } from '../../testkit/watched-port.ts';
import { LEASE_MS } from './revocation-world.ts';

export const RETRY_MS = 1_000;

/** A binder, the cache and the registry, on a clock that stands still. The binder begins with `start`. */
export function createBinderWorld() {
  const clock = createManualClock();
  const cache = createMemoryCache({ clock });
  const registry = watchPort<CacheRegistry>(createMemoryCacheRegistry());
  const connections: CacheConnection[] = [];
  const { observer, events } = createCacheEvents();
  let started: Binder | undefined;

  function binder(): Binder {
    if (started === undefined) throw new Error('the binder was not started');
    return started;
  }

  function start(): void {
    const common = { clock, observer };
    started = startBinder({
      ...common,
      leaseKeeper: createLeaseKeeper({ ...common, registry: registry.port, leaseMs: LEASE_MS }),
      retryMs: RETRY_MS,
      async connect() {
        const connection = await cache.connect();
        connections.push(connection);
        return connection;
      },
    });
  }

  function current(): Binding {
    const binding = binder().current();
    if (binding === undefined) throw new Error('there is no binding');
    return binding;
  }

  return {
    clock,
    cache,
    registry,
    /** Those that were made so far. */
    connections,
    events,
    binder,
    start,
    /** The binding that there has to be. */
    current,
    async bind(): Promise<Binding> {
      start();
      await settled();
      return current();
    },
    leases: async () => (await registry.port.read()).flatMap((registered) => [...registered.leases.keys()]),
  };
}

export type BinderWorld = ReturnType<typeof createBinderWorld>;

export function isClosed(connection: CacheConnection | undefined): boolean {
  let closed = false;
  connection?.onClosed(() => {
    closed = true;
  });
  return closed;
}
