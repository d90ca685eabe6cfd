import type { Fault } from './plan.ts';
import type { World } from './world.ts';

/** Lets faults happen in a world. */
export interface Faults {
  letHappen(fault: Fault): void;
  /** Ends what lasts: everybody runs and reaches everybody from now on. */
  end(): void;
}

export function createFaults(world: World): Faults {
  const { caches, cutFromCache, cutFromAuthority, instances, network, routes, steps, time } = world;
  const lasting = new Set<() => void>();

  function endAfter(ms: number, end: () => void): void {
    const endOnce = () => {
      if (lasting.delete(endOnce)) end();
    };
    lasting.add(endOnce);
    time.after(ms, endOnce);
  }

  function crash(index: number, lastsMs: number): void {
    if (instances[index]?.life.crashed) return;
    instances[index]?.life.crash();
    endAfter(lastsMs, () => world.restart(index));
  }

  function pause(index: number, lastsMs: number): void {
    const life = instances[index]?.life;
    life?.pause();
    endAfter(lastsMs, () => life?.resume());
  }

  function cut(from: Set<number>, cutOff: readonly number[], lastsMs: number): void {
    for (const index of cutOff) from.add(index);
    endAfter(lastsMs, () => {
      for (const index of cutOff) from.delete(index);
    });
  }

  /** The old primary stays one for a while, and keeps its connections: nothing has closed them. */
  function failOver({ lastsMs, copy }: Fault): void {
    const failedOver = caches.failOver(copy);
    if (failedOver === undefined) return;
    for (const [index, route] of routes.entries()) if (route === failedOver.from) routes[index] = failedOver.to;
    endAfter(lastsMs, () => caches.demote(failedOver.from, copy));
  }

  return {
    letHappen(fault) {
      const { kind, lastsMs, cache, copy } = fault;
      const index = fault.instance % instances.length;
      caches.copy();
      if (kind === 'crash') crash(index, lastsMs);
      else if (kind === 'pause') pause(index, lastsMs);
      else if (kind === 'cut from cache') cut(cutFromCache, [index], lastsMs);
      else if (kind === 'cut from authority') cut(cutFromAuthority, [index], lastsMs);
      else if (kind === 'authority away') cut(cutFromAuthority, [...instances.keys()], lastsMs);
      else if (kind === 'connections closed') caches.closeConnections(cache);
      else if (kind === 'cache restarted') caches.restart(cache, copy);
      else if (kind === 'fail-over') failOver(fault);
      else if (routes[index] !== undefined) routes[index] = cache % caches.count;
    },
    end() {
      for (const end of [...lasting]) end();
      network.calm();
      steps.calm();
    },
  };
}
