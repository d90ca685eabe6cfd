import type { KeyState } from '../../../src/core/key-store.ts';
import type { BindingSource } from '../../../src/revocation/binding.ts';
import type { CacheConnection, EntryKey, FillToken } from '../../../src/revocation/cache-connection.ts';
import type { CacheId, Generation } from '../../../src/revocation/cache-registry.ts';
import {
  COMING_AND_GOING,
  FAIL_OVERS,
  LAPSED_WHILE_PAUSED,
  LATE_READS,
  PROMOTED_WHILE_PAUSED,
  RACES,
} from './grounds.ts';
import { joinReads } from './joined-reads.ts';
import type { Mutant } from './mutant.ts';
import { reconnecting } from './reconnecting-client.ts';

const TOKEN = 'no token' as FillToken;

/** Stores a verdict whatever stands there. */
async function overwrite(connection: CacheConnection, key: EntryKey, state: KeyState, ttlMs: number): Promise<void> {
  await connection.remove(key);
  await connection.placeFillToken(key, TOKEN, ttlMs);
  await connection.fill(key, TOKEN, state, ttlMs);
}

const inOneGeneration = ({ hash }: EntryKey): EntryKey => ({ generation: 'the only one' as Generation, hash });

/** The lease is looked at before the command is sent, and not again: whether the binding is still the same one is. */
function usableBeforeReply(bindings: BindingSource): BindingSource {
  let asked = false;
  return {
    current: bindings.current,
    isUsable(binding) {
      if (asked) return binding === bindings.current();
      asked = true;
      return bindings.isUsable(binding);
    },
  };
}

/** Mutants of what is sent to a cache, and of what its replies are worth. */
export const CACHE_MUTANTS: readonly Mutant[] = [
  {
    number: 'M1',
    name: 'a fill without token and compare-and-set',
    mutation: {
      atCache: (connection) => ({
        ...connection,
        placeFillToken: async () => true,
        fill: (key, _token, state, ttlMs) => overwrite(connection, key, state, ttlMs),
      }),
    },
    configuration: RACES,
  },
  {
    number: 'M2',
    name: 'the token placed after the authority was read',
    mutation: {
      connect: (connect) => async () => {
        const connection = await connect();
        return {
          ...connection,
          placeFillToken: async () => true,
          async fill(key, token, state, ttlMs) {
            if (await connection.placeFillToken(key, token, ttlMs)) await connection.fill(key, token, state, ttlMs);
          },
        };
      },
    },
    configuration: RACES,
  },
  {
    number: 'M3',
    name: 'an entry’s key without the generation',
    mutation: {
      atCache: (connection) => ({
        ...connection,
        read: (key) => connection.read(inOneGeneration(key)),
        placeFillToken: (key, token, ttlMs) => connection.placeFillToken(inOneGeneration(key), token, ttlMs),
        fill: (key, token, state, ttlMs) => connection.fill(inOneGeneration(key), token, state, ttlMs),
        remove: (key) => connection.remove(inOneGeneration(key)),
      }),
    },
    configuration: COMING_AND_GOING,
  },
  {
    number: 'M4',
    name: 'the cache’s identity from the configuration, not from the connection in use',
    mutation: {
      atCache: (connection) => ({
        ...connection,
        identify: async () =>
          (await connection.identify()) === undefined ? undefined : ('the configured one' as CacheId),
      }),
    },
    configuration: COMING_AND_GOING,
  },
  {
    number: 'M5',
    name: 'GET for GETEX: a replica answers',
    mutation: { replicaServesReads: true },
    configuration: FAIL_OVERS,
  },
  {
    number: 'M6',
    name: 'the lease looked at before the reply, and not after it',
    mutation: {
      parts: ({ createCachedStore }) => ({
        createCachedStore: (store, options) => ({
          ...createCachedStore(store, options),
          lookup: (hash) =>
            createCachedStore(store, { ...options, bindings: usableBeforeReply(options.bindings) }).lookup(hash),
        }),
      }),
    },
    configuration: PROMOTED_WHILE_PAUSED,
  },
  {
    number: 'M6b',
    name: 'the lease never looked at',
    mutation: {
      parts: ({ startBinder }) => ({
        startBinder(options) {
          const binder = startBinder(options);
          return { ...binder, isUsable: (binding) => binding === binder.current() };
        },
      }),
    },
    configuration: LAPSED_WHILE_PAUSED,
  },
  {
    number: 'M12',
    name: 'a client that reconnects and sends again by itself',
    mutation: { connect: reconnecting },
    configuration: FAIL_OVERS,
  },
  {
    number: 'M16',
    name: 'a request joins a read that is under way',
    mutation: {
      parts: () => ({
        createSharedReadsStore: (authority) => ({
          ...authority,
          lookup: joinReads(async (hash) => authority.lookup(hash)),
        }),
      }),
    },
    configuration: LATE_READS,
  },
  {
    number: 'M17',
    name: 'demoted, refilled and promoted again within a lease (an assumption)',
    mutation: { promotesWithinLease: true },
    breaksAssumption: true,
    configuration: FAIL_OVERS,
  },
];
