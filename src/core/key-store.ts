import type { KeyHash } from './api-key.ts';
import type { MerchantId } from './merchant-id.ts';

/** A key that is to become a merchant's active one. */
export interface NewKey {
  readonly hash: KeyHash;
  /** The visible beginning of the key. */
  readonly visiblePrefix: string;
  readonly createdAt: Date;
}

/** A merchant's active key, as stored. */
export interface ActiveKey extends NewKey {
  /** The newest use that was recorded; uses still in memory somewhere are not in it. */
  readonly lastUsedAt: Date | undefined;
}

/** What the store knows about a hash. */
export type KeyState =
  | { readonly status: 'active'; readonly merchantId: MerchantId }
  | { readonly status: 'revoked'; readonly revokedAt: Date }
  | { readonly status: 'unknown' };

/** A use of a key, to be recorded. */
export interface KeyUse {
  readonly hash: KeyHash;
  readonly merchantId: MerchantId;
  readonly usedAt: Date;
}

/** Revoked keys that are remembered for each merchant; older ones are forgotten, and count as unknown. */
export const REVOKED_KEYS_KEPT = 100;

/**
 * Where keys live. Implementations promise what the contract suite in `test/contract` checks.
 *
 * Strictness: when `activate` or `revoke` has resolved, no `lookup` that starts afterwards, through any store object
 * of any process on the same data, finds the old key active. When it has rejected with `outcome_unknown` or
 * `revocation_unconfirmed`, the change may have happened, and repeating the call is safe.
 *
 * A store that cannot answer throws `unavailable`; it never guesses.
 */
export interface KeyStore {
  /** Makes `key` the merchant's only active key, durably, and revokes the one before it at `key.createdAt`. */
  activate(merchantId: MerchantId, key: NewKey): Promise<void>;

  /** Revokes the merchant's active key, durably. Resolves to whether the merchant ever had a key. Idempotent. */
  revoke(merchantId: MerchantId, revokedAt: Date): Promise<boolean>;

  /** The state of a key. Reads nothing older than the call. */
  lookup(hash: KeyHash): KeyState | Promise<KeyState>;

  /** The merchant's active key, if any. Reads nothing older than the call. */
  findActive(merchantId: MerchantId): Promise<ActiveKey | undefined>;

  /**
   * Raises `lastUsedAt` of keys that are still active; uses of any other key are dropped, and so are uses older than
   * the recorded one.
   */
  recordUses(uses: readonly KeyUse[]): Promise<void>;

  /** Resolves when the store can answer; throws `unavailable` when it cannot. */
  ping(): Promise<void>;

  /** Releases what the store holds, after writing what was promised. */
  close(): Promise<void>;
}
