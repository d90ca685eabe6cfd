import type { KeyHash } from '../core/api-key.ts';
import type { KeyState } from '../core/key-store.ts';
import type { CacheId, Generation } from './cache-registry.ts';

/** A random id, made for each fill: only the fill that placed it replaces it. */
export type FillToken = string & { readonly __kind: 'FillToken' };

/** Where an entry is in a cache. */
export interface EntryKey {
  /** The registry's generation of the cache: entries of another one are never read. */
  readonly generation: Generation;
  readonly hash: KeyHash;
}

/** What a cache holds under an entry's key: a verdict, or the token of a fill that is under way. */
export type CacheEntry = Exclude<KeyState, { status: 'unknown' }> | { readonly status: 'filling' };

/**
 * Port: one connection to one cache, and the only commands that the protocol sends. It never reconnects, never sends a
 * command again and never queues one for later: a command that is meant for one process must not reach another, nor may
 * the reply of another count for it. Every command rejects when it failed or took too long.
 */
export interface CacheConnection {
  /** Who answers on this connection; undefined when it is not a primary or does not say. */
  identify(): Promise<CacheId | undefined>;
  /** Reads an entry; undefined where there is none. A process that has become a replica refuses. */
  read(key: EntryKey): Promise<CacheEntry | undefined>;
  /** Places a fill token where there is no entry. Resolves to whether it did. */
  placeFillToken(key: EntryKey, token: FillToken, ttlMs: number): Promise<boolean>;
  /** Replaces the fill token by the verdict, or by nothing for an unknown key, if the token is still there. */
  fill(key: EntryKey, token: FillToken, state: KeyState, ttlMs: number): Promise<void>;
  /** Removes an entry. */
  remove(key: EntryKey): Promise<void>;
  /** Calls back in the turn in which the connection is closed; at once if it is. */
  onClosed(callback: () => void): void;
  close(): void;
}
