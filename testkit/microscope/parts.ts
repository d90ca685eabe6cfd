import type { AuthorityStore } from '../../src/revocation/authority.ts';
import { startBinder } from '../../src/revocation/binder.ts';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import { createConfirmer } from '../../src/revocation/confirmer.ts';
import { createLeaseExpiry } from '../../src/revocation/lease-expiry.ts';
import { createLeaseKeeper } from '../../src/revocation/lease-keeper.ts';
import { createStrictStore } from '../../src/revocation/strict-store.ts';
import { startSweeper } from '../../src/revocation/sweeper.ts';
import { createCachedStore } from '../../src/store/redis/cached-store.ts';
import { createSharedReadsStore } from '../../src/store/shared-reads.ts';
import type { AuthorityPorts } from './authority-client.ts';

/** What an instance is composed of: the service's own parts. */
export const PARTS = {
  createSharedReadsStore: createSharedReadsStore as (authority: AuthorityStore) => AuthorityStore,
  createStrictStore,
  createConfirmer,
  startSweeper,
  startBinder,
  createLeaseKeeper,
  createLeaseExpiry,
  createCachedStore,
};

export type Parts = typeof PARTS;

/** A step of the protocol taken away: by another part, or by what a command does where it has its effect. */
export interface Mutation {
  /** Replaces parts of every instance. Given the ports, for what a mutated part asks that the real one doesn't. */
  readonly parts?: (parts: Parts, ports: AuthorityPorts) => Partial<Parts>;
  /** Replaces what stands at the authority. */
  readonly authority?: (at: AuthorityPorts) => Partial<AuthorityPorts>;
  /** Replaces a connection where its commands have their effect. */
  readonly atCache?: (connection: CacheConnection) => CacheConnection;
  /** Replaces how an instance connects. */
  readonly connect?: (connect: () => Promise<CacheConnection>) => () => Promise<CacheConnection>;
  /** Whether a replica answers reads. */
  readonly replicaServesReads?: boolean;
  /** Whether a process may be promoted again sooner than a lease after its demotion. */
  readonly promotesWithinLease?: boolean;
}
