import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { PendingInvalidation, PendingInvalidations } from '../../src/revocation/authority.ts';
import type { MemoryMerchants } from './memory-merchants.ts';

/** What is pending in the merchants that {@link createMemoryAuthority} works on. Each call takes effect at once. */
export function createMemoryPendingInvalidations(merchants: MemoryMerchants): PendingInvalidations {
  const listOf = (merchantId: MerchantId): PendingInvalidation[] =>
    (merchants.get(merchantId)?.pending ?? []).map((entry) => ({ merchantId, ...entry }));

  return {
    list: async () => [...merchants.keys()].flatMap(listOf),
    listOf: async (merchantId) => listOf(merchantId),

    async acknowledge({ merchantId, hash }, generation) {
      const merchant = merchants.get(merchantId);
      if (merchant === undefined) return;
      // A new set: what was listed before is what it was then.
      merchant.pending = merchant.pending.map((entry) =>
        entry.hash === hash ? { hash, acknowledgedBy: new Set([...entry.acknowledgedBy, generation]) } : entry,
      );
    },

    async confirm(merchantId, hashes) {
      const merchant = merchants.get(merchantId);
      if (merchant === undefined) return;
      merchant.pending = merchant.pending.filter(({ hash }) => !hashes.includes(hash));
    },
  };
}
