import type { KeyHash } from '../../src/core/api-key.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { AuthorityStore, PendingInvalidations } from '../../src/revocation/authority.ts';
import type { Binding, BindingSource } from '../../src/revocation/binding.ts';
import type { CacheConnection, EntryKey, FillToken } from '../../src/revocation/cache-connection.ts';
import type { CacheId, CacheRegistry, Generation, LeaseId } from '../../src/revocation/cache-registry.ts';
import { createLeaseExpiry, type LeaseExpiry } from '../../src/revocation/lease-expiry.ts';
import { type CacheEvent, createCacheEvents } from '../../testkit/cache-events.ts';
import { createManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import { createMemoryCache, type MemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import type { MemoryMerchants } from '../../testkit/memory/memory-merchants.ts';
import { createMemoryPendingInvalidations } from '../../testkit/memory/memory-pending-invalidations.ts';
import { type WatchedPort, watchPort } from '../../testkit/watched-port.ts';

export const LEASE_MS = 9_000;
export const MERCHANT = 'm1' as MerchantId;
export const OTHER_CACHE = 'the cache of another instance' as CacheId;
export const OWN_LEASE = 'own lease' as LeaseId;
export const OTHER_LEASE = 'other lease' as LeaseId;
export const REVOKED_AT = new Date('2026-02-03T04:05:06.789Z');
export const hashOf = (name: string) => `hash of ${name}` as KeyHash;

/** What the parts of the protocol are given, in memory, on a clock that stands still. */
export function createRevocationWorld() {
  const clock = createManualClock();
  const merchants: MemoryMerchants = new Map();
  const authority: AuthorityStore = createMemoryAuthority(merchants);
  const pending = watchPort<PendingInvalidations>(createMemoryPendingInvalidations(merchants));
  const registry = watchPort<CacheRegistry>(createMemoryCacheRegistry());
  const leaseExpiry: LeaseExpiry = createLeaseExpiry(registry.port, clock);
  const cache: MemoryCache = createMemoryCache({ clock });
  const { observer, events } = createCacheEvents();
  let bound: Binding | undefined;

  const bindings: BindingSource = {
    current: () => bound,
    isUsable: (binding) => binding === bound && clock.nowMs() < binding.usableUntilMs,
  };

  return {
    clock,
    authority,
    pending,
    registry,
    leaseExpiry,
    cache,
    observer,
    events: events as readonly CacheEvent[],
    bindings,

    /** Binds the instance to {@link cache}, as the binder does. */
    async bind(): Promise<{ readonly binding: Binding; readonly connection: WatchedPort<CacheConnection> }> {
      const connection = watchPort(await cache.connect());
      const identity = cache.identity();
      if (identity === undefined) throw new Error('the cache is no primary');
      const generation = await registry.port.register(identity, OWN_LEASE, LEASE_MS);
      const usableUntilMs = clock.nowMs() + LEASE_MS * 0.9;
      const binding = { connection: connection.port, cache: identity, generation, leaseId: OWN_LEASE, usableUntilMs };
      bound = binding;
      return { binding, connection };
    },

    /** Drops the binding of the instance; its lease stays in the registry. */
    unbind(): void {
      bound = undefined;
    },

    /** Another instance takes a lease on a cache that this one doesn't reach. */
    bindOther: (): Promise<Generation> => registry.port.register(OTHER_CACHE, OTHER_LEASE, LEASE_MS),

    /** Makes keys and revokes them, without any confirmation: as an instance does that crashes then. */
    async commit(names: readonly string[], merchantId = MERCHANT): Promise<readonly KeyHash[]> {
      for (const name of names) {
        const key = { hash: hashOf(name), visiblePrefix: 'ipa_live_abc', createdAt: REVOKED_AT };
        await authority.activate(merchantId, key);
      }
      return (await authority.revoke(merchantId, REVOKED_AT)).pending;
    },

    /** Puts an entry of a valid key into a cache. */
    async fill(connection: CacheConnection, key: EntryKey): Promise<void> {
      const token = 'token' as FillToken;
      await connection.placeFillToken(key, token, 60_000);
      await connection.fill(key, token, { status: 'active', merchantId: MERCHANT }, 60_000);
    },

    /** The hashes that are still pending. */
    pendingHashes: async (): Promise<KeyHash[]> => (await pending.port.list()).map(({ hash }) => hash),
  };
}

export type RevocationWorld = ReturnType<typeof createRevocationWorld>;
