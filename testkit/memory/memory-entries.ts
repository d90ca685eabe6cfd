import type { MonotonicClock } from '../../src/core/clock.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { EntryKey, FillToken } from '../../src/revocation/cache-connection.ts';

/** What is stored under an entry's key. Unlike what a connection reads, it has the token of the fill. */
export type MemoryEntry =
  | Exclude<KeyState, { status: 'unknown' }>
  | { readonly status: 'filling'; readonly token: FillToken };

interface StoredEntry {
  readonly entry: MemoryEntry;
  readonly endMs: number;
}

/** A copy of a cache's entries, as a file or a replica has it. */
export type MemorySnapshot = ReadonlyMap<string, StoredEntry>;

/** The entries of a cache's databases, each until its end. */
export interface MemoryEntries {
  get(database: number, key: EntryKey): MemoryEntry | undefined;
  set(database: number, key: EntryKey, entry: MemoryEntry, ttlMs: number): void;
  delete(database: number, key: EntryKey): void;
  snapshot(): MemorySnapshot;
  /** Replaces everything by a copy. */
  load(snapshot: MemorySnapshot): void;
}

export function createMemoryEntries(clock: MonotonicClock): MemoryEntries {
  const nameOf = (database: number, { generation, hash }: EntryKey) => `${database}/${generation}/${hash}`;
  let stored = new Map<string, StoredEntry>();

  return {
    get(database, key) {
      const found = stored.get(nameOf(database, key));
      return found === undefined || found.endMs <= clock.nowMs() ? undefined : found.entry;
    },
    set(database, key, entry, ttlMs) {
      stored.set(nameOf(database, key), { entry, endMs: clock.nowMs() + ttlMs });
    },
    delete(database, key) {
      stored.delete(nameOf(database, key));
    },
    snapshot: () => new Map(stored),
    load(snapshot) {
      stored = new Map(snapshot);
    },
  };
}
