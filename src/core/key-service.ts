import type { ApiKey, KeyFormat } from './api-key.ts';
import { ServiceError } from './errors.ts';
import type { ActiveKey, KeyState, KeyStore } from './key-store.ts';
import type { LastUsedRecorder } from './last-used-recorder.ts';
import type { MerchantId } from './merchant-id.ts';

/** The current time, in milliseconds since the epoch. */
export type Clock = () => number;

/** Whether a key is valid and, if not, the first reason that applies. */
export type Verdict =
  | { readonly valid: true; readonly merchantId: MerchantId }
  | { readonly valid: false; readonly reason: 'malformed' | 'not_found' | 'merchant_mismatch' }
  | { readonly valid: false; readonly reason: 'revoked'; readonly revokedAt: Date };

/** The four use cases. */
export interface KeyService {
  /** Makes the merchant's new key; the old one is revoked when this resolves. */
  generate(merchantId: MerchantId): Promise<ApiKey>;
  /** Describes the merchant's active key. Throws `not_found` where there is none. */
  info(merchantId: MerchantId): Promise<ActiveKey>;
  /** Revokes the merchant's active key before this resolves. Throws `not_found` if there never was a key. */
  revoke(merchantId: MerchantId): Promise<void>;
  /** Judges a key. `expectedMerchantId` is the merchant that it must belong to, if any. */
  validate(apiKey: string, expectedMerchantId?: MerchantId): Promise<Verdict>;
}

export interface KeyServiceDependencies {
  readonly store: KeyStore;
  readonly keyFormat: KeyFormat;
  readonly lastUsedRecorder: Pick<LastUsedRecorder, 'record' | 'newest'>;
  readonly clock: Clock;
}

const MALFORMED: Verdict = { valid: false, reason: 'malformed' };
const NOT_FOUND: Verdict = { valid: false, reason: 'not_found' };
const MERCHANT_MISMATCH: Verdict = { valid: false, reason: 'merchant_mismatch' };

export function createKeyService({ store, keyFormat, lastUsedRecorder, clock }: KeyServiceDependencies): KeyService {
  return {
    async generate(merchantId) {
      const key = keyFormat.generate();
      await store.activate(merchantId, {
        hash: key.hash,
        visiblePrefix: key.visiblePrefix,
        createdAt: new Date(clock()),
      });
      return key;
    },

    async info(merchantId) {
      const stored = await store.findActive(merchantId);
      if (stored === undefined) throw new ServiceError('not_found', 'The merchant has no active key.');
      return { ...stored, lastUsedAt: later(stored.lastUsedAt, lastUsedRecorder.newest(stored.hash)) };
    },

    async revoke(merchantId) {
      const everHadKey = await store.revoke(merchantId, new Date(clock()));
      if (!everHadKey) throw new ServiceError('not_found', 'The merchant never had a key.');
    },

    async validate(apiKey, expectedMerchantId) {
      const hash = keyFormat.hashOf(apiKey);
      if (hash === undefined) return MALFORMED;
      const verdict = judge(await store.lookup(hash), expectedMerchantId);
      if (verdict.valid) lastUsedRecorder.record(hash, verdict.merchantId, clock());
      return verdict;
    },
  };
}

function judge(state: KeyState, expectedMerchantId: MerchantId | undefined): Verdict {
  switch (state.status) {
    case 'unknown':
      return NOT_FOUND;
    case 'revoked':
      return { valid: false, reason: 'revoked', revokedAt: state.revokedAt };
    case 'active':
      if (expectedMerchantId !== undefined && state.merchantId !== expectedMerchantId) return MERCHANT_MISMATCH;
      return { valid: true, merchantId: state.merchantId };
  }
}

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
