/** One Redis process in one life and one database of it: a cache that may hold verdicts. */
export type CacheId = string & { readonly __kind: 'CacheId' };
/** A random id, made when a cache enters the registry: the name space of its entries. */
export type Generation = string & { readonly __kind: 'Generation' };
/** A random id made for each binding, never used again. */
export type LeaseId = string & { readonly __kind: 'LeaseId' };

/** An instance's right to use a cache, as the registry has it. */
export interface Lease {
  /** Raised by each renewal. A lease whose count stays the same for `leaseMs` has lapsed. */
  readonly count: number;
  /** How long it lasts without a renewal, in milliseconds. */
  readonly leaseMs: number;
}

/** A cache in the registry. */
export interface RegisteredCache {
  readonly cache: CacheId;
  readonly generation: Generation;
  readonly leases: ReadonlyMap<LeaseId, Lease>;
}

/**
 * Port: the caches that may hold verdicts, at the authority. Every change is one atomic update; every read is
 * linearizable. Its calls throw a ServiceError where the authority does not answer.
 */
export interface CacheRegistry {
  read(): Promise<readonly RegisteredCache[]>;
  /** Adds a new lease to the cache, which enters with a fresh generation where it is not there. */
  register(cache: CacheId, leaseId: LeaseId, leaseMs: number): Promise<Generation>;
  /** Raises the lease's count. Resolves to false when the cache, its generation or the lease is no longer there. */
  renew(cache: CacheId, generation: Generation, leaseId: LeaseId): Promise<boolean>;
  /** Removes the lease, where the cache still has this generation, and the cache when it was the last one. */
  release(cache: CacheId, generation: Generation, leaseId: LeaseId): Promise<void>;
  /** Removes a lease that has lapsed, where its count is still this one, and the cache when it was the last one. */
  removeLapsed(cache: CacheId, generation: Generation, leaseId: LeaseId, count: number): Promise<void>;
  /** Removes the cache, where it has no lease. */
  removeEmpty(cache: CacheId, generation: Generation): Promise<void>;
}
