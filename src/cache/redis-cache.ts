import type { KeyHash } from '../core/api-key.ts';
import type { KeyState, KeyStore } from '../core/key-store.ts';
import type { Binder } from './binder.ts';
import type { Binding } from './binding.ts';
import type { CacheObserver } from './cache-observer.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { createToken, decodeEntry, encodeVerdict, entryKey } from './entry.ts';

export interface RedisCacheOptions {
  readonly binder: Pick<Binder, 'current' | 'isUsable' | 'drop'>;
  readonly breaker: CircuitBreaker;
  readonly observer: CacheObserver;
  /** Longest life of a cached verdict, in milliseconds. */
  readonly ttlMs: number;
  /** Longest life of a token: how long a fill may take, in milliseconds. */
  readonly fillMs: number;
}

/** The same store, with lookups answered from Redis where the protocol allows it. It never fails because of Redis. */
export function createRedisCache(store: KeyStore, options: RedisCacheOptions): KeyStore {
  const { binder, breaker, observer, ttlMs, fillMs } = options;

  function readAuthority(hash: KeyHash): KeyState | Promise<KeyState> {
    observer.lookedUp('authority');
    return store.lookup(hash);
  }

  async function lookup(hash: KeyHash): Promise<KeyState> {
    const binding = binder.current();
    if (binding === undefined || !binder.isUsable(binding) || !breaker.allows()) return readAuthority(hash);
    const key = entryKey(binding.generation, hash);
    const text = await readEntry(binding, key);
    if (text === undefined) return readAuthority(hash);
    if (text === null) return lookupAndFill(binding, key, hash);

    const entry = decodeEntry(text);
    if (entry.status === 'token' || entry.status === 'unknown') return readAuthority(hash);
    // Looked at now, after the reply came: the process may have been paused since it asked.
    if (entry.status === 'active' && !binder.isUsable(binding)) return readAuthority(hash);
    observer.lookedUp('redis');
    return entry;
  }

  /** Undefined when Redis did not answer in time, or refused. */
  async function readEntry({ connection }: Binding, key: string): Promise<string | null | undefined> {
    try {
      const text = await connection.read(key);
      breaker.succeeded();
      return text;
    } catch {
      breaker.failed();
      return undefined;
    }
  }

  /** The token stands in Redis before the authority is read: a revocation that the read misses removes the token. */
  async function lookupAndFill({ connection }: Binding, key: string, hash: KeyHash): Promise<KeyState> {
    const token = createToken();
    const placed = await connection.placeToken(key, token, fillMs).catch(() => false);
    if (!placed) return readAuthority(hash);
    observer.lookedUp('authority_filled');
    const state = await store.lookup(hash);
    // Nobody waits for the fill, and nobody misses it.
    connection.fill(key, token, encodeVerdict(state), ttlMs).catch(() => undefined);
    return state;
  }

  return { ...store, lookup };
}
