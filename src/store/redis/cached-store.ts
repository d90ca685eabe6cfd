import type { KeyHash } from '../../core/api-key.ts';
import type { KeyState, KeyStore } from '../../core/key-store.ts';
import type { Binding, BindingSource } from '../../revocation/binding.ts';
import type { CacheEntry, EntryKey } from '../../revocation/cache-connection.ts';
import type { CacheObserver } from '../../revocation/cache-observer.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { createFillToken } from './entry.ts';

export interface CachedStoreOptions {
  readonly bindings: BindingSource;
  readonly breaker: CircuitBreaker;
  readonly observer: CacheObserver;
  /** Longest life of a cached verdict, in milliseconds. */
  readonly ttlMs: number;
  /** Longest life of a fill token: how long a fill may take, in milliseconds. */
  readonly fillMs: number;
}

/** Adds the cache: lookups are answered from it where the protocol allows that. It never fails because of the cache. */
export function createCachedStore(store: KeyStore, options: CachedStoreOptions): KeyStore {
  const { bindings, breaker, observer, ttlMs, fillMs } = options;

  function readAuthority(hash: KeyHash): KeyState | Promise<KeyState> {
    observer.lookedUp('authority');
    return store.lookup(hash);
  }

  async function lookup(hash: KeyHash): Promise<KeyState> {
    const binding = bindings.current();
    if (binding === undefined || !bindings.isUsable(binding) || !breaker.allows()) return readAuthority(hash);
    const key = { generation: binding.generation, hash };
    const entry = await readEntry(binding, key);
    if (entry === 'none') return lookupAndFill(binding, key);
    if (entry === 'failed' || entry.status === 'filling') return readAuthority(hash);
    // Asked now, after the reply came: the process may have been paused since it sent the command.
    if (entry.status === 'active' && !bindings.isUsable(binding)) return readAuthority(hash);
    observer.lookedUp('redis');
    return entry;
  }

  async function readEntry({ connection }: Binding, key: EntryKey): Promise<CacheEntry | 'none' | 'failed'> {
    try {
      const entry = await connection.read(key);
      breaker.succeeded();
      return entry ?? 'none';
    } catch {
      breaker.failed();
      return 'failed';
    }
  }

  /** The fill token is placed before the authority is read: a revocation that the read misses removes the token. */
  async function lookupAndFill({ connection }: Binding, key: EntryKey): Promise<KeyState> {
    const token = createFillToken();
    const placed = await connection.placeFillToken(key, token, fillMs).catch(() => false);
    if (!placed) return readAuthority(key.hash);
    observer.lookedUp('authority_filled');
    const state = await store.lookup(key.hash);
    // No call waits for the fill, and a fill that fails costs a miss only.
    connection.fill(key, token, state, ttlMs).catch(() => undefined);
    return state;
  }

  return {
    lookup,

    activate: (merchantId, newKey) => store.activate(merchantId, newKey),
    revoke: (merchantId, revokedAt) => store.revoke(merchantId, revokedAt),
    findActive: (merchantId) => store.findActive(merchantId),
    recordUses: (uses) => store.recordUses(uses),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
