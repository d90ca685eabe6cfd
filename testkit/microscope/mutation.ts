import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { AuthorityPorts, ProtocolParts } from '../../src/store/production-store.ts';

/** A step of the protocol taken away: by another part, or by what a command does where it has its effect. */
export interface Mutation {
  /** Replaces parts of every instance. Given the ports, for what a mutated part asks that the real one doesn't. */
  readonly parts?: (parts: ProtocolParts, ports: AuthorityPorts) => Partial<ProtocolParts>;
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
