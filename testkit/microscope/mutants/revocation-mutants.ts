import type { AuthorityStore, PendingInvalidations } from '../../../src/revocation/authority.ts';
import type { Binding, BindingSource } from '../../../src/revocation/binding.ts';
import type { CacheRegistry } from '../../../src/revocation/cache-registry.ts';
import type { ConfirmerOptions } from '../../../src/revocation/confirmer.ts';
import {
  COMING_AND_GOING,
  PAIRS,
  RACES,
  REGISTERED_WHILE_PAUSED,
  replacedWhilePaused,
  SWEEPING_WHILE_PAUSED,
} from './grounds.ts';
import type { Mutant } from './mutant.ts';

/** A registry whose first read is one that was made before. */
function readEarlier(registry: CacheRegistry, early: Awaited<ReturnType<CacheRegistry['read']>>): CacheRegistry {
  let first = true;
  return {
    ...registry,
    async read() {
      if (!first) return registry.read();
      first = false;
      return early;
    },
  };
}

/** The own binding alone: what it does not reach is not waited for. */
function onlyOwn({ registry, bindings }: ConfirmerOptions): CacheRegistry {
  return {
    ...registry,
    read: async () => (await registry.read()).filter(({ cache }) => cache === bindings.current()?.cache),
  };
}

/** Removes under the generation of the binding, whichever the registry has. */
function underOwnGeneration<B extends BindingSource>(bindings: B): B {
  const known = new WeakMap<Binding, Binding>();
  const replace = (binding: Binding): Binding => {
    const { connection, generation } = binding;
    const replaced = known.get(binding) ?? {
      ...binding,
      connection: { ...connection, remove: ({ hash }) => connection.remove({ generation, hash }) },
    };
    known.set(binding, replaced);
    return replaced;
  };
  return {
    ...bindings,
    current() {
      const binding = bindings.current();
      return binding === undefined ? undefined : replace(binding);
    },
  };
}

function acknowledgesAll(pending: PendingInvalidations): PendingInvalidations {
  return {
    ...pending,
    async acknowledge({ merchantId }, generation) {
      for (const entry of await pending.listOf(merchantId)) await pending.acknowledge(entry, generation);
    },
  };
}

function confirmsAll(pending: PendingInvalidations): PendingInvalidations {
  const hashesOf = async (merchantId: Parameters<PendingInvalidations['listOf']>[0]) =>
    (await pending.listOf(merchantId)).map(({ hash }) => hash);
  return { ...pending, confirm: async (merchantId) => pending.confirm(merchantId, await hashesOf(merchantId)) };
}

/** A commit answers with what it made pending itself, and not with what was pending before. */
function commitsShowOwn(authority: AuthorityStore, pending: PendingInvalidations): AuthorityStore {
  async function own<C extends Awaited<ReturnType<AuthorityStore['activate']>>>(
    merchantId: Parameters<PendingInvalidations['listOf']>[0],
    change: () => Promise<C>,
  ): Promise<C> {
    const before = new Set((await pending.listOf(merchantId)).map(({ hash }) => hash));
    const commit = await change();
    return { ...commit, pending: commit.pending.filter((hash) => !before.has(hash)) };
  }
  return {
    ...authority,
    activate: (merchantId, key) => own(merchantId, () => authority.activate(merchantId, key)),
    revoke: (merchantId, revokedAt) => own(merchantId, () => authority.revoke(merchantId, revokedAt)),
  };
}

/** Mutants of the operation itself: commit, registry, acknowledgements, confirmation. */
export const REVOCATION_MUTANTS: readonly Mutant[] = [
  {
    number: 'M9',
    name: 'invalidation before the commit',
    mutation: {
      parts: ({ createStrictStore }) => ({
        createStrictStore(authority, confirmer) {
          const confirmFirst = async (merchantId: Parameters<AuthorityStore['findActive']>[0]) => {
            const active = await authority.findActive(merchantId);
            if (active !== undefined) await confirmer.confirm(merchantId, [active.hash]);
          };
          return {
            ...createStrictStore(authority, confirmer),
            async activate(merchantId, key) {
              await confirmFirst(merchantId);
              await authority.activate(merchantId, key);
            },
            async revoke(merchantId, revokedAt) {
              await confirmFirst(merchantId);
              return (await authority.revoke(merchantId, revokedAt)).everHadKey;
            },
          };
        },
      }),
    },
    configuration: RACES,
  },
  {
    number: 'M10',
    name: 'the registry read before the commit',
    mutation: {
      parts: ({ createStrictStore, createConfirmer }, { registry }) => {
        let options: ConfirmerOptions | undefined;
        return {
          createConfirmer(given) {
            options = given;
            return createConfirmer(given);
          },
          createStrictStore(authority, confirmer) {
            const early = async () => {
              const read = await registry.read();
              const confirmEarly = createConfirmer({
                ...(options as ConfirmerOptions),
                registry: readEarlier(registry, read),
              });
              return createStrictStore(authority, confirmEarly);
            };
            return {
              ...createStrictStore(authority, confirmer),
              activate: async (merchantId, key) => (await early()).activate(merchantId, key),
              revoke: async (merchantId, revokedAt) => (await early()).revoke(merchantId, revokedAt),
            };
          },
        };
      },
    },
    configuration: COMING_AND_GOING,
  },
  {
    number: 'M11',
    name: 'caches out of reach ignored',
    mutation: {
      parts: ({ createConfirmer }) => ({
        createConfirmer: (options) => createConfirmer({ ...options, registry: onlyOwn(options) }),
      }),
    },
    configuration: PAIRS,
  },
  {
    number: 'M18',
    name: 'the sweeper reads the registry first, then what is pending',
    mutation: {
      parts: ({ startSweeper }) => ({
        startSweeper(options) {
          const { registry, pending } = options;
          let read: Awaited<ReturnType<CacheRegistry['read']>> = [];
          return startSweeper({
            ...options,
            pending: {
              ...pending,
              async list() {
                read = await registry.read();
                return pending.list();
              },
            },
            registry: { ...registry, read: async () => read },
          });
        },
      }),
    },
    configuration: SWEEPING_WHILE_PAUSED,
  },
  {
    number: 'M19',
    name: 'an acknowledgement counts for every pending entry of the merchant',
    mutation: { authority: ({ pending }) => ({ pending: acknowledgesAll(pending) }) },
    configuration: PAIRS,
  },
  {
    number: 'M20',
    name: 'only the own entry confirmed, not every pending one of the merchant',
    mutation: { authority: ({ authority, pending }) => ({ authority: commitsShowOwn(authority, pending) }) },
    configuration: PAIRS,
  },
  {
    number: 'M21',
    name: 'every pending entry removed, not only what was confirmed',
    mutation: { authority: ({ pending }) => ({ pending: confirmsAll(pending) }) },
    configuration: PAIRS,
  },
  {
    number: 'M22',
    name: 'entries confirmed that came after the registry was read',
    mutation: {
      parts: ({ createConfirmer }) => ({
        createConfirmer(options) {
          const { registry, pending } = options;
          return {
            ...createConfirmer(options),
            async confirm(merchantId, hashes) {
              if (hashes.length === 0) return;
              const early = await registry.read();
              const later = (await pending.listOf(merchantId)).map(({ hash }) => hash);
              const confirmer = createConfirmer({ ...options, registry: readEarlier(registry, early) });
              await confirmer.confirm(merchantId, [...new Set([...hashes, ...later])]);
            },
          };
        },
      }),
    },
    configuration: REGISTERED_WHILE_PAUSED,
  },
  {
    number: 'M23',
    name: 'DEL under the binding’s generation, not the registry’s',
    mutation: {
      parts: ({ createConfirmer, startSweeper }) => ({
        createConfirmer: (options) => createConfirmer({ ...options, bindings: underOwnGeneration(options.bindings) }),
        startSweeper: (options) => startSweeper({ ...options, binder: underOwnGeneration(options.binder) }),
      }),
    },
    configuration: replacedWhilePaused(0),
  },
];
