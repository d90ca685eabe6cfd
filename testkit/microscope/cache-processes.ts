import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import { createMemoryCache, type MemoryCache } from '../memory/memory-cache.ts';
import type { MemorySnapshot } from '../memory/memory-entries.ts';
import type { Random } from '../mulberry32.ts';
import { TIMES } from './instance.ts';
import type { Mutation } from './mutation.ts';
import type { Topology } from './plan.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** The cache processes of a simulated world, and what may happen to them. */
export interface CacheProcesses {
  readonly count: number;
  isPrimary(process: number): boolean;
  connect(process: number): Promise<CacheConnection>;
  closeConnections(process: number): void;
  /** Remembers what they hold now, as a snapshot on a disk or a replica that lags behind may. */
  copy(): void;
  /** Another life: empty, or with what some process held at some time. */
  restart(process: number, copy: number): void;
  /**
   * Promotes a replica that has an older copy. Returns the process that was the primary, or undefined where there is
   * no replica to promote.
   */
  failOver(copy: number): { readonly from: number; readonly to: number } | undefined;
  /** The former primary follows the new one, its connections stay open. */
  demote(process: number, copy: number): void;
}

export interface CacheProcessesOptions {
  readonly topology: Topology;
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly evicted: number;
  readonly mutation: Mutation;
}

/** Above a lease on any clock. */
const LONGER_THAN_A_LEASE_MS = TIMES.leaseMs * 1.2;

export function createCacheProcesses(options: CacheProcessesOptions): CacheProcesses {
  const { topology, time, mutation } = options;
  const clock = { nowMs: time.nowMs, sleep: () => Promise.reject(new Error('a cache does not sleep')) };
  const { replicaServesReads = false } = mutation;
  const processes = Array.from({ length: topology.processes }, (_, index) =>
    createMemoryCache({ clock, name: `cache-${index}`, replicaServesReads }),
  );
  for (const replica of topology.replicas) processes[replica]?.demote();
  const demotedAtMs = new Map<number, number>();
  const copies: MemorySnapshot[] = [new Map()];

  const at = (index: number) => processes[index % processes.length] as MemoryCache;
  const olderCopy = (index: number) => copies[Math.max(0, copies.length - 1 - index)];
  const isPrimary = (process: MemoryCache) => process.identity() !== undefined;

  function promote(index: number): void {
    const process = at(index);
    process.promote();
    const demotedForMs = time.nowMs() - (demotedAtMs.get(index) ?? Number.NEGATIVE_INFINITY);
    // The assumption of docs/protocol.md: none is demoted and promoted again within a lease while connections stay open.
    if (demotedForMs < LONGER_THAN_A_LEASE_MS && !mutation.promotesWithinLease) process.closeConnections();
  }

  return {
    count: processes.length,
    isPrimary: (process) => isPrimary(at(process)),
    async connect(process) {
      const connection = await at(process).connect();
      return evicting((mutation.atCache ?? ((same) => same))(connection), options);
    },
    closeConnections: (process) => at(process).closeConnections(),
    copy() {
      for (const process of processes) if (isPrimary(process)) copies.push(process.snapshot());
    },
    restart(process, copy) {
      if (isPrimary(at(process))) at(process).restart(copy % 3 === 0 ? undefined : olderCopy(copy));
    },
    failOver(copy) {
      const to = processes.findIndex((process) => !isPrimary(process));
      const from = processes.findIndex(isPrimary);
      if (to === -1 || from === -1) return undefined;
      at(to).resynchronise(olderCopy(copy) as MemorySnapshot);
      promote(to);
      return { from, to };
    },
    demote(process, copy) {
      if (processes.filter(isPrimary).length < 2 || !isPrimary(at(process))) return;
      at(process).demote();
      at(process).resynchronise(olderCopy(copy) as MemorySnapshot);
      demotedAtMs.set(process, time.nowMs());
    },
  };
}

/** An entry may be evicted at any time: that is, before any command that finds it. */
function evicting(connection: CacheConnection, { random, evicted }: CacheProcessesOptions): CacheConnection {
  if (evicted === 0) return connection;
  const maybeEvict = async (key: Parameters<CacheConnection['remove']>[0]) => {
    if (random.next() < evicted) await connection.remove(key).catch(() => undefined);
  };
  return {
    ...connection,
    async read(key) {
      await maybeEvict(key);
      return connection.read(key);
    },
    async placeFillToken(key, token, ttlMs) {
      await maybeEvict(key);
      return connection.placeFillToken(key, token, ttlMs);
    },
    async fill(key, token, state, ttlMs) {
      await maybeEvict(key);
      return connection.fill(key, token, state, ttlMs);
    },
  };
}
