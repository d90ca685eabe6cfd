import { ServiceError } from '../../src/core/errors.ts';
import type { AuthorityPorts } from '../../src/store/production-store.ts';
import type { Network } from './network.ts';
import type { ProcessLife } from './process-life.ts';

export interface AuthorityClientOptions {
  readonly life: ProcessLife;
  readonly network: Network;
  /** What the commands have their effect on. */
  readonly at: AuthorityPorts;
  readonly timeoutMs: number;
  readonly isCut: () => boolean;
}

type Failure = (what: string) => Error;

const unavailable: Failure = (what) => new ServiceError('unavailable', `${what}: no answer`);
const outcomeUnknown: Failure = (what) => new ServiceError('outcome_unknown', `${what}: no answer`);

/** The ports as an instance has them: each call is a command over the network, with the time limit of a driver. */
export function createAuthorityClient(options: AuthorityClientOptions): AuthorityPorts {
  const { life, network, at, timeoutMs, isCut } = options;
  const { authority, pending, registry } = at;
  const read = <T>(what: string, effect: () => Promise<T>) =>
    network.send(life, { what, timeoutMs, isCut, failure: unavailable }, effect);
  const write = <T>(what: string, effect: () => Promise<T>) =>
    network.send(life, { what, timeoutMs, isCut, failure: outcomeUnknown }, effect);

  return {
    authority: {
      activate: (merchantId, key) => write('activate', () => authority.activate(merchantId, key)),
      revoke: (merchantId, revokedAt) => write('revoke', () => authority.revoke(merchantId, revokedAt)),
      lookup: (hash) => read('lookup', async () => authority.lookup(hash)),
      findActive: (merchantId) => read('find active', () => authority.findActive(merchantId)),
      recordUses: (uses) => write('record uses', () => authority.recordUses(uses)),
      ping: () => read('ping', () => authority.ping()),
      close: async () => undefined,
    },
    pending: {
      list: () => read('list pending', () => pending.list()),
      listOf: (merchantId) => read('list pending of one', () => pending.listOf(merchantId)),
      acknowledge: (entry, generation) => write('acknowledge', () => pending.acknowledge(entry, generation)),
      confirm: (merchantId, hashes) => write('confirm', () => pending.confirm(merchantId, hashes)),
    },
    registry: {
      read: () => read('read registry', () => registry.read()),
      register: (cache, leaseId, leaseMs) => write('register', () => registry.register(cache, leaseId, leaseMs)),
      renew: (cache, generation, leaseId) => write('renew', () => registry.renew(cache, generation, leaseId)),
      release: (cache, generation, leaseId) => write('release', () => registry.release(cache, generation, leaseId)),
      removeLapsed: (cache, generation, leaseId, count) =>
        write('remove lapsed', () => registry.removeLapsed(cache, generation, leaseId, count)),
      removeEmpty: (cache, generation) => write('remove empty', () => registry.removeEmpty(cache, generation)),
    },
  };
}
