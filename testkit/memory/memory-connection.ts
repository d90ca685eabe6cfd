import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { CacheId } from '../../src/revocation/cache-registry.ts';
import type { MemoryEntries } from './memory-entries.ts';

export interface MemoryConnectionOptions {
  readonly database: number;
  readonly entries: MemoryEntries;
  /** Who the process is now; undefined while it is not a primary. */
  readonly identity: () => CacheId | undefined;
  readonly replicaServesReads: boolean;
}

/**
 * A connection to a cache in memory. Each command takes effect before it returns its promise, or rejects without one: a
 * simulation delays the command to delay its arrival, and the promise to delay or lose the reply.
 */
export function createMemoryConnection(options: MemoryConnectionOptions): CacheConnection {
  const { database, entries, identity, replicaServesReads } = options;
  let closed = false;
  const closedCallbacks: (() => void)[] = [];

  function requireOpen(): void {
    if (closed) throw new Error('the connection is closed');
  }

  /** Every command on entries writes as far as Redis is concerned, GETEX too: a replica refuses all of them. */
  function requirePrimary(): void {
    requireOpen();
    if (identity() === undefined) throw new Error('READONLY the cache is a replica');
  }

  return {
    async identify() {
      requireOpen();
      return identity();
    },

    async read(key) {
      if (replicaServesReads) requireOpen();
      else requirePrimary();
      const entry = entries.get(database, key);
      return entry?.status === 'filling' ? { status: 'filling' } : entry;
    },

    async placeFillToken(key, token, ttlMs) {
      requirePrimary();
      if (entries.get(database, key) !== undefined) return false;
      entries.set(database, key, { status: 'filling', token }, ttlMs);
      return true;
    },

    async fill(key, token, state, ttlMs) {
      requirePrimary();
      const entry = entries.get(database, key);
      if (entry?.status !== 'filling' || entry.token !== token) return;
      if (state.status === 'unknown') entries.delete(database, key);
      else entries.set(database, key, state, ttlMs);
    },

    async remove(key) {
      requirePrimary();
      entries.delete(database, key);
    },

    onClosed(callback) {
      if (closed) callback();
      else closedCallbacks.push(callback);
    },

    close() {
      if (closed) return;
      closed = true;
      for (const callback of closedCallbacks) callback();
    },
  };
}
