import type { KeyHash } from '../../src/core/api-key.ts';
import { type ActiveKey, REVOKED_KEYS_KEPT } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';

/** What MongoDB has of one merchant, in memory: the same fields, changed in the same steps. */
export interface MemoryMerchant {
  active: ActiveKey | undefined;
  /** Former keys, oldest first, at most {@link REVOKED_KEYS_KEPT}. */
  revoked: readonly { readonly hash: KeyHash; readonly revokedAt: Date }[];
  /** Former keys that caches may still call valid. */
  pending: readonly { readonly hash: KeyHash; readonly acknowledgedBy: ReadonlySet<Generation> }[];
}

/** The data of one authority. Any number of stores may work on it, as instances do on one database. */
export type MemoryMerchants = Map<MerchantId, MemoryMerchant>;

/** Moves the active key, if there is one, to the revoked ones, and notes that caches have to forget it. */
export function revokeActive(merchant: MemoryMerchant, revokedAt: Date): void {
  if (merchant.active === undefined) return;
  const { hash } = merchant.active;
  merchant.active = undefined;
  merchant.revoked = [...merchant.revoked, { hash, revokedAt }].slice(-REVOKED_KEYS_KEPT);
  merchant.pending = [...merchant.pending, { hash, acknowledgedBy: new Set() }];
}
