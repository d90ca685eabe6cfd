import type { KeyHash } from './api-key.ts';
import type { KeyStore, NewKey } from './key-store.ts';
import type { MerchantId } from './merchant-id.ts';

/**
 * Strict revocation, as far as it concerns the authority: the store whose word counts, and which remembers who may
 * hold verdicts in a cache. The protocol is explained in `docs/revocation.md` and checked in `model/`.
 */

/** One Redis process in one life and one database of it: a cache that may hold verdicts. */
export type HolderId = string & { readonly __kind: 'HolderId' };
/** A random id, made when a holder enters the registry: the name space of its entries. */
export type Generation = string & { readonly __kind: 'Generation' };
/** A random id made for each binding: it comes once. */
export type LeaseId = string & { readonly __kind: 'LeaseId' };

/** The right to use a holder, as the registry has it. */
export interface Lease {
  /** Raised by each renewal. A lease whose count stays the same for `leaseMs` has lapsed. */
  readonly count: number;
  /** How long it lasts without a renewal, in milliseconds. */
  readonly leaseMs: number;
}

/** A holder in the registry. */
export interface RegisteredHolder {
  readonly holder: HolderId;
  readonly generation: Generation;
  readonly leases: ReadonlyMap<LeaseId, Lease>;
}

/** The registry of holders, at the authority. Every change is one atomic update; every read is linearizable. */
export interface HolderRegistry {
  read(): Promise<readonly RegisteredHolder[]>;
  /** Adds a new lease to the holder, which enters with a fresh generation where it is not there. */
  register(holder: HolderId, leaseId: LeaseId, leaseMs: number): Promise<Generation>;
  /** Raises the lease's count. Resolves to false when the holder, its generation or the lease is no longer there. */
  renew(holder: HolderId, generation: Generation, leaseId: LeaseId): Promise<boolean>;
  /** Removes the lease, where the holder still has this generation, and the holder when it was the last one. */
  release(holder: HolderId, generation: Generation, leaseId: LeaseId): Promise<void>;
  /** Removes a lease that has lapsed, where its count is still this one, and the holder when it was the last one. */
  removeLapsed(holder: HolderId, generation: Generation, leaseId: LeaseId, count: number): Promise<void>;
  /** Removes the holder, where it has no lease. */
  removeEmpty(holder: HolderId, generation: Generation): Promise<void>;
}

/** A retired key that caches may still call valid. */
export interface PendingInvalidation {
  readonly merchantId: MerchantId;
  readonly hash: KeyHash;
  /** The generations in which it was invalidated. */
  readonly acknowledgedBy: ReadonlySet<Generation>;
}

/** What remains to be invalidated, at the authority. */
export interface PendingInvalidations {
  /** All of them that a majority has. */
  list(): Promise<readonly PendingInvalidation[]>;
  /** Those of one merchant that a majority has. */
  listOf(merchantId: MerchantId): Promise<readonly PendingInvalidation[]>;
  /** Notes that the key was invalidated in a generation; nothing happens where it is no longer pending. */
  acknowledge(invalidation: PendingInvalidation, generation: Generation): Promise<void>;
  /** Removes a merchant's entries that every holder has acknowledged or left, each by its hash. */
  confirm(merchantId: MerchantId, hashes: readonly KeyHash[]): Promise<void>;
}

/** A committed change, and what is pending because of it. */
export interface Commit {
  /** The merchant's pending entries as the change itself left them. */
  readonly pending: readonly KeyHash[];
}

/**
 * A store whose verdicts others may have cached: a change of it is committed first, and is strict only when what it
 * left pending is confirmed.
 */
export interface AuthorityStore extends Omit<KeyStore, 'activate' | 'revoke'> {
  activate(merchantId: MerchantId, key: NewKey): Promise<Commit>;
  revoke(merchantId: MerchantId, revokedAt: Date): Promise<Commit & { readonly everHadKey: boolean }>;
}
