import { SYSTEM_CLOCK } from '../../src/core/clock.ts';
import type { KeyStore } from '../../src/core/key-store.ts';
import type { AuthorityStore } from '../../src/revocation/authority.ts';
import type { BindingSource } from '../../src/revocation/binding.ts';
import type { Confirmer } from '../../src/revocation/confirmer.ts';
import { createStrictStore } from '../../src/revocation/strict-store.ts';
import { createBoundedReadsStore } from '../../src/store/bounded-reads.ts';
import { createCachedStore } from '../../src/store/redis/cached-store.ts';
import { createCircuitBreaker } from '../../src/store/redis/circuit-breaker.ts';
import { createSharedReadsStore } from '../../src/store/shared-reads.ts';
import { IGNORE } from './decorated-instance.ts';

/** No instance uses a cache: nothing has to be confirmed. */
const NOTHING_TO_CONFIRM: Confirmer = { confirm: async () => undefined, stop: () => undefined };
const UNBOUND: BindingSource = { current: () => undefined, isUsable: () => false };
const MAX_READS = 500;

/** Each decorator alone, over an authority whose verdicts are not cached. */
export const DECORATORS: Readonly<Record<string, (authority: AuthorityStore) => KeyStore>> = {
  strict: (authority) => createStrictStore(authority, NOTHING_TO_CONFIRM),
  'strict(shared)': (authority) => createStrictStore(createSharedReadsStore(authority), NOTHING_TO_CONFIRM),
  'strict(bounded)': (authority) =>
    createStrictStore(createBoundedReadsStore(authority, MAX_READS), NOTHING_TO_CONFIRM),
  'cached(strict) without a binding': (authority) => withoutBinding(createStrictStore(authority, NOTHING_TO_CONFIRM)),
};

/** The cache as a decorator, while there is no cache: every call goes to the store behind it. */
export function withoutBinding(store: KeyStore): KeyStore {
  const breaker = createCircuitBreaker({ clock: SYSTEM_CLOCK, threshold: 3, openMs: 1_000 });
  return createCachedStore(store, { bindings: UNBOUND, breaker, observer: IGNORE, ttlMs: 30_000, fillMs: 60_000 });
}

/** What stands between the authority and strictness in production. */
export function sharedAndBounded(authority: AuthorityStore): AuthorityStore {
  return createSharedReadsStore(createBoundedReadsStore(authority, MAX_READS));
}
