import type { MonotonicClock } from '../../src/core/clock.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheId } from '../../src/revocation/cache-registry.ts';
import { createMemoryConnection } from './memory-connection.ts';
import { createMemoryEntries, type MemorySnapshot } from './memory-entries.ts';

/** A cache process in memory, as the protocol sees a Redis: it may restart, fail over and lose its connections. */
export interface MemoryCache {
  /**
   * @param database 0 unless it is given; each database is a cache of its own
   * @throws Error while it is stopped; a replica accepts connections
   */
  connect(database?: number): Promise<CacheConnection>;
  /** What connections to the database identify; undefined while this is a replica or stopped. */
  identity(database?: number): CacheId | undefined;
  /** Its entries now: for a later restart, or for another process that follows this one. */
  snapshot(): MemorySnapshot;
  /** Ends the process: its connections are closed, and none is made before {@link MemoryCache.restart}. */
  stop(): void;
  /** Begins another life, with another identity: as a primary, with what the snapshot has, empty without one. */
  restart(snapshot?: MemorySnapshot): void;
  /** Makes it a replica: connections stay open, and every command on entries is refused. */
  demote(): void;
  /** Replaces a replica's entries by those of the primary that it follows; its connections stay open. */
  resynchronise(snapshot: MemorySnapshot): void;
  /** Makes a replica a primary, with another identity; its connections stay open. */
  promote(): void;
  /** Closes every connection, as a cut network or `CLIENT KILL` does. */
  closeConnections(): void;
}

export interface MemoryCacheOptions {
  readonly clock: MonotonicClock;
  /** What its identities begin with; unique among the caches of a test. */
  readonly name?: string;
  /** Whether a replica answers reads, as it answers a plain GET: for the control that lacks GETEX. False by default. */
  readonly replicaServesReads?: boolean;
}

/** An empty primary. */
export function createMemoryCache({
  clock,
  name = 'cache',
  replicaServesReads = false,
}: MemoryCacheOptions): MemoryCache {
  const entries = createMemoryEntries(clock);
  const connections = new Set<CacheConnection>();
  let role: 'primary' | 'replica' | 'stopped' = 'primary';
  let life = 1;
  let history = 1;

  const identity = (database = 0) =>
    role === 'primary' ? (`${name}-${life}-${history}-${database}` as CacheId) : undefined;

  function closeConnections(): void {
    for (const connection of [...connections]) connection.close();
  }

  return {
    async connect(database = 0) {
      if (role === 'stopped') throw new Error('the cache is stopped');
      const connection = createMemoryConnection({
        database,
        entries,
        identity: () => identity(database),
        replicaServesReads,
      });
      connections.add(connection);
      connection.onClosed(() => connections.delete(connection));
      return connection;
    },
    identity,
    snapshot: () => entries.snapshot(),
    stop() {
      role = 'stopped';
      closeConnections();
    },
    restart(snapshot = new Map()) {
      closeConnections();
      entries.load(snapshot);
      role = 'primary';
      life++;
      history++;
    },
    demote() {
      role = 'replica';
    },
    resynchronise(snapshot) {
      if (role !== 'replica') throw new Error('only a replica follows another process');
      entries.load(snapshot);
    },
    promote() {
      if (role !== 'replica') throw new Error('only a replica can be promoted');
      role = 'primary';
      history++;
    },
    closeConnections,
  };
}
