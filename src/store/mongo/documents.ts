import type { Document } from 'mongodb';
import type { KeyHash } from '../../core/api-key.ts';
import { type NewKey, REVOKED_KEYS_KEPT } from '../../core/key-store.ts';
import type { MerchantId } from '../../core/merchant-id.ts';
import type { Generation } from '../../revocation/cache-registry.ts';

/** One merchant: everything that a change touches is in one document, so that each change is one atomic update. */
export interface MerchantDocument {
  readonly _id: MerchantId;
  readonly active?: {
    readonly hash: KeyHash;
    readonly visiblePrefix: string;
    readonly createdAt: Date;
    readonly lastUsedAt?: Date;
  };
  /** Former keys, oldest first, at most {@link REVOKED_KEYS_KEPT}. */
  readonly retired: readonly { readonly hash: KeyHash; readonly revokedAt: Date }[];
  /** Former keys that caches may still call valid. Absent when there are none, so that its index stays small. */
  readonly pending?: readonly {
    readonly hash: KeyHash;
    readonly since: Date;
    readonly acks: readonly Generation[];
  }[];
}

const HAS_ACTIVE = { $ne: [{ $type: '$active' }, 'missing'] };

/**
 * The update that makes a key active, in one step with the revocation of the one before it. Run again after a lost
 * reply it changes nothing: neither while the key is active, nor when it was replaced since.
 */
export function activation({ hash, visiblePrefix, createdAt }: NewKey): Document[] {
  // Mapped, where '$retired.hash' would say the same: the server that the tests run on has no paths through arrays.
  const retiredHashes = { $map: { input: { $ifNull: ['$retired', []] }, in: '$$this.hash' } };
  const isKnown = { $or: [{ $eq: ['$active.hash', hash] }, { $in: [hash, retiredHashes] }] };
  const isNew = { $not: [isKnown] };
  return [
    {
      $set: {
        ...moveToRevoked({ $and: [isNew, HAS_ACTIVE] }, createdAt),
        active: { $cond: [isNew, { hash, visiblePrefix, createdAt }, { $ifNull: ['$active', '$$REMOVE'] }] },
      },
    },
  ];
}

/** The update that revokes the active key. Run again it changes nothing. */
export function revocation(revokedAt: Date): Document[] {
  return [{ $set: { ...moveToRevoked(HAS_ACTIVE, revokedAt), active: '$$REMOVE' } }];
}

/** Moves the active key's hash to `retired`, and notes in `pending` that caches have to forget it. */
function moveToRevoked(condition: Document, revokedAt: Date): Document {
  const retired = { $ifNull: ['$retired', []] };
  const pending = { $ifNull: ['$pending', []] };
  const revokedNow = { $concatArrays: [retired, [{ hash: '$active.hash', revokedAt }]] };
  const pendingNow = { $concatArrays: [pending, [{ hash: '$active.hash', since: '$$NOW', acks: [] }]] };
  return {
    retired: { $cond: [condition, { $slice: [revokedNow, -REVOKED_KEYS_KEPT] }, retired] },
    pending: { $cond: [condition, pendingNow, { $ifNull: ['$pending', '$$REMOVE'] }] },
  };
}

/** The update that removes pending entries by their hashes, and the field with the last of them. */
export function confirmation(hashes: readonly KeyHash[]): Document[] {
  const entries = { $ifNull: ['$pending', []] };
  const remaining = { $filter: { input: entries, cond: { $not: [{ $in: ['$$this.hash', hashes] }] } } };
  return [
    { $set: { pending: remaining } },
    { $set: { pending: { $cond: [{ $eq: ['$pending', []] }, '$$REMOVE', '$pending'] } } },
  ];
}
