import { randomUUID } from 'node:crypto';
import { type Binding, usableUntil } from '../../../src/revocation/binding.ts';
import type { CacheRegistry, LeaseId, RegisteredCache } from '../../../src/revocation/cache-registry.ts';
import type { LeaseKeeper, LeaseKeeperOptions } from '../../../src/revocation/lease-keeper.ts';
import {
  BACK_BEFORE_LAPSE,
  LAPSED_WHILE_PAUSED,
  RENEWED_LATE,
  RENEWED_WHILE_REMOVED,
  replacedWhilePaused,
  SLOW_RELEASES,
} from './grounds.ts';
import type { Mutant } from './mutant.ts';

/** Whenever the end of the lease is set, it is counted from then on. */
function countedFromReply(binding: Binding, { clock, leaseMs }: LeaseKeeperOptions): Binding {
  let usableUntilMs = usableUntil(clock.nowMs(), leaseMs);
  return Object.defineProperty({ ...binding }, 'usableUntilMs', {
    get: () => usableUntilMs,
    set() {
      usableUntilMs = usableUntil(clock.nowMs(), leaseMs);
    },
  });
}

/** Where the cache is in the registry, it is used at once; the own lease follows. */
function useBeforeRegistering(keeper: LeaseKeeper, options: LeaseKeeperOptions): LeaseKeeper {
  const { registry, clock, leaseMs } = options;
  return {
    ...keeper,
    async acquire(connection) {
      const sentAtMs = clock.nowMs();
      const cache = await connection.identify();
      const known = (await registry.read()).find((each) => each.cache === cache);
      if (known === undefined) return keeper.acquire(connection);
      const leaseId = randomUUID() as LeaseId;
      registry.register(known.cache, leaseId, leaseMs).catch(() => undefined);
      const { generation } = known;
      return { connection, cache: known.cache, generation, leaseId, usableUntilMs: usableUntil(sentAtMs, leaseMs) };
    },
  };
}

/** A renewal raises the count of its lease, which comes back where it was removed, in whatever generation. */
function renewalUnmatched(registry: CacheRegistry, leaseMs: number): CacheRegistry {
  return {
    ...registry,
    async renew(cache, generation, leaseId) {
      if (await registry.renew(cache, generation, leaseId)) return true;
      if (!(await registry.read()).some((each) => each.cache === cache)) return false;
      await registry.register(cache, leaseId, leaseMs);
      return true;
    },
  };
}

function removalUnmatched(registry: CacheRegistry): CacheRegistry {
  return {
    ...registry,
    async removeLapsed(cache, generation, leaseId, count) {
      const leases = (await registry.read()).find((each) => each.cache === cache)?.leases;
      await registry.removeLapsed(cache, generation, leaseId, leases?.get(leaseId)?.count ?? count);
    },
  };
}

function withShorterLeases({ leases, ...cache }: RegisteredCache): RegisteredCache {
  const shorter = [...leases].map(([id, lease]) => [id, { ...lease, leaseMs: lease.leaseMs / 2 }] as const);
  return { ...cache, leases: new Map(shorter) };
}

/** Mutants of leases: how they are counted, renewed, given back and removed. */
export const LEASE_MUTANTS: readonly Mutant[] = [
  {
    number: 'M7',
    name: 'the lease counted from the reply',
    mutation: {
      parts: ({ createLeaseKeeper }) => ({
        createLeaseKeeper(options) {
          const keeper = createLeaseKeeper(options);
          return {
            ...keeper,
            acquire: async (connection) => countedFromReply(await keeper.acquire(connection), options),
          };
        },
      }),
    },
    configuration: LAPSED_WHILE_PAUSED,
  },
  {
    number: 'M8',
    name: 'a cache used before it is registered',
    mutation: {
      parts: ({ createLeaseKeeper }) => ({
        createLeaseKeeper: (options) => useBeforeRegistering(createLeaseKeeper(options), options),
      }),
    },
    configuration: BACK_BEFORE_LAPSE,
  },
  {
    number: 'M13',
    name: 'a renewal that is not matched on generation and lease',
    mutation: { authority: ({ registry }) => ({ registry: renewalUnmatched(registry, 300) }) },
    configuration: replacedWhilePaused(1),
  },
  {
    number: 'M14a',
    name: 'a lease removed before its full time',
    mutation: {
      parts: ({ createLeaseExpiry }) => ({
        createLeaseExpiry(registry, clock) {
          const expiry = createLeaseExpiry(registry, clock);
          return { expire: (registered) => expiry.expire(registered.map(withShorterLeases)) };
        },
      }),
    },
    configuration: RENEWED_LATE,
  },
  {
    number: 'M14b',
    name: 'the removal of a lapsed lease not matched on its count',
    mutation: { authority: ({ registry }) => ({ registry: removalUnmatched(registry) }) },
    configuration: RENEWED_WHILE_REMOVED,
  },
  {
    number: 'M15',
    name: 'the lease released before the binding is dropped',
    mutation: {
      parts: ({ createLeaseKeeper }) => ({
        createLeaseKeeper(options) {
          const keeper = createLeaseKeeper(options);
          return {
            ...keeper,
            async keep(binding, signal) {
              const lost = await keeper.keep(binding, signal);
              if (lost !== undefined) await keeper.release(binding);
              return lost;
            },
          };
        },
      }),
    },
    configuration: SLOW_RELEASES,
  },
];
