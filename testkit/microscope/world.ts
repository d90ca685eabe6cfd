import type { Scheduler } from 'fast-check';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import { type AuthorityPorts, PROTOCOL_PARTS } from '../../src/store/production-store.ts';
import { createMemoryAuthority } from '../memory/memory-authority.ts';
import { createMemoryCacheRegistry } from '../memory/memory-cache-registry.ts';
import { createMemoryPendingInvalidations } from '../memory/memory-pending-invalidations.ts';
import { createRandom } from '../mulberry32.ts';
import { createAuthorityClient } from './authority-client.ts';
import { connectOverNetwork } from './cache-client.ts';
import { type CacheProcesses, createCacheProcesses } from './cache-processes.ts';
import { type Instance, startInstance, TIMES } from './instance.ts';
import type { Mutation } from './mutation.ts';
import { createNetwork, type Network } from './network.ts';
import type { Plan } from './plan.ts';
import { startProcessLife } from './process-life.ts';
import { createSimulatedTime, type SimulatedTime } from './simulated-time.ts';
import { createSteps, type Steps } from './steps.ts';

/** Several instances of the service, composed of its own parts, and all that is around them. */
export interface World {
  readonly time: SimulatedTime;
  readonly steps: Steps;
  readonly network: Network;
  readonly caches: CacheProcesses;
  /** What stands at the authority, to be looked at without the network. */
  readonly at: AuthorityPorts;
  /** The present life of each. */
  readonly instances: Instance[];
  /** The process that each instance's next connection leads to. */
  readonly routes: (number | undefined)[];
  /** Instances that reach no cache. */
  readonly cutFromCache: Set<number>;
  /** Instances that don't reach the authority. */
  readonly cutFromAuthority: Set<number>;
  /** Begins another life of a crashed instance. */
  restart(instance: number): void;
}

/** How long the network holds up what is late: longer than a lease, so that a whole protocol goes by meanwhile. */
const LATEST_MS = TIMES.leaseMs * 1.5;

export function createWorld(scheduler: Scheduler<string>, plan: Plan, mutation: Mutation): World {
  const time = createSimulatedTime();
  const random = createRandom(plan.seed);
  const steps = createSteps({ scheduler, time, random, haste: plan.haste });
  const network = createNetwork({ time, steps, random, weather: { ...plan.weather, latestMs: LATEST_MS } });
  const { topology, weather } = plan;
  const caches = createCacheProcesses({ topology, time, random, evicted: weather.evicted, mutation });
  const at = createAuthority(mutation);
  const routes: (number | undefined)[] = [...topology.routes];
  const cutFromCache = new Set<number>();
  const cutFromAuthority = new Set<number>();
  let lives = 0;

  function start(index: number): Instance {
    const name = `${'abc'[index]}${lives++ < routes.length ? '' : lives}`;
    const life = startProcessLife({ name, time, steps, clockRate: plan.clockRates[index] ?? 1 });
    const authority = { timeoutMs: TIMES.authorityTimeoutMs, isCut: () => cutFromAuthority.has(index) };
    const ports = createAuthorityClient({ life, network, at, ...authority });
    const cache = { timeoutMs: TIMES.cacheTimeoutMs, isCut: () => cutFromCache.has(index) };
    const connect = (): Promise<CacheConnection> =>
      connectOverNetwork({ life, network, steps, ...cache, connect: () => caches.connect(routes[index] ?? 0) });
    const parts = { ...PROTOCOL_PARTS, ...mutation.parts?.(PROTOCOL_PARTS, ports) };
    const mutated = mutation.connect?.(connect) ?? connect;
    return startInstance({ life, parts, ports, connect: routes[index] === undefined ? undefined : mutated });
  }

  const instances = routes.map((_, index) => start(index));
  return {
    time,
    steps,
    network,
    caches,
    at,
    instances,
    routes,
    cutFromCache,
    cutFromAuthority,
    restart(index) {
      instances[index] = start(index);
    },
  };
}

function createAuthority(mutation: Mutation): AuthorityPorts {
  const merchants = new Map();
  const at: AuthorityPorts = {
    authority: createMemoryAuthority(merchants),
    pending: createMemoryPendingInvalidations(merchants),
    registry: createMemoryCacheRegistry(),
  };
  return { ...at, ...mutation.authority?.(at) };
}
