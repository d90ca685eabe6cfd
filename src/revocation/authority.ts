import type { KeyHash } from '../core/api-key.ts';
import type { KeyStore, NewKey } from '../core/key-store.ts';
import type { MerchantId } from '../core/merchant-id.ts';
import type { Generation } from './cache-registry.ts';

/** A committed change, and what is pending because of it. */
export interface Commit {
  /** The merchant's pending entries as the change itself left them. */
  readonly pending: readonly KeyHash[];
}

/**
 * Port: the store that decides. Others may have cached its verdicts: a change is committed first, and is strict
 * only when what it left pending is confirmed. The protocol is explained in `docs/protocol.md` and checked in `model/`.
 */
export interface AuthorityStore extends Omit<KeyStore, 'activate' | 'revoke'> {
  activate(merchantId: MerchantId, key: NewKey): Promise<Commit>;
  revoke(merchantId: MerchantId, revokedAt: Date): Promise<Commit & { readonly everHadKey: boolean }>;
}

/** A revoked key that caches may still call valid. */
export interface PendingInvalidation {
  readonly merchantId: MerchantId;
  readonly hash: KeyHash;
  /** The generations in which it was invalidated. */
  readonly acknowledgedBy: ReadonlySet<Generation>;
}

/** Port: what remains to be invalidated, at the authority. Its calls throw a ServiceError where that does not answer. */
export interface PendingInvalidations {
  /** All of them that a majority has. */
  list(): Promise<readonly PendingInvalidation[]>;
  /** Those of one merchant that a majority has. */
  listOf(merchantId: MerchantId): Promise<readonly PendingInvalidation[]>;
  /** Notes that the key was invalidated in a generation; nothing happens where it is no longer pending. */
  acknowledge(invalidation: PendingInvalidation, generation: Generation): Promise<void>;
  /** Removes a merchant's entries that every cache has acknowledged or left, each by its hash. */
  confirm(merchantId: MerchantId, hashes: readonly KeyHash[]): Promise<void>;
}
