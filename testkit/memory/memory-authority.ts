import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { AuthorityStore, Commit } from '../../src/revocation/authority.ts';
import { type MemoryMerchant, type MemoryMerchants, revokeActive } from './memory-merchants.ts';

/**
 * The authority in memory. Each call takes effect, as a whole, before it returns its promise: a simulation delays the
 * call to delay the command, and the promise to delay the reply.
 */
export function createMemoryAuthority(merchants: MemoryMerchants): AuthorityStore {
  return {
    async activate(merchantId, { hash, visiblePrefix, createdAt }) {
      const merchant: MemoryMerchant = merchants.get(merchantId) ?? { active: undefined, revoked: [], pending: [] };
      merchants.set(merchantId, merchant);
      // Repeated after a lost reply it changes nothing, also where the key was replaced since.
      if (!isKnown(merchant, hash)) {
        revokeActive(merchant, createdAt);
        merchant.active = { hash, visiblePrefix, createdAt, lastUsedAt: undefined };
      }
      return toCommit(merchant);
    },

    async revoke(merchantId, revokedAt) {
      const merchant = merchants.get(merchantId);
      if (merchant === undefined) return { pending: [], everHadKey: false };
      revokeActive(merchant, revokedAt);
      return { ...toCommit(merchant), everHadKey: true };
    },

    lookup: async (hash) => lookup(merchants, hash),
    findActive: async (merchantId) => merchants.get(merchantId)?.active,

    async recordUses(uses) {
      for (const { merchantId, hash, usedAt } of uses) {
        const merchant = merchants.get(merchantId);
        if (merchant?.active?.hash !== hash) continue;
        const { lastUsedAt } = merchant.active;
        if (lastUsedAt === undefined || lastUsedAt < usedAt)
          merchant.active = { ...merchant.active, lastUsedAt: usedAt };
      }
    },

    ping: async () => undefined,
    close: async () => undefined,
  };
}

function isKnown({ active, revoked }: MemoryMerchant, hash: KeyHash): boolean {
  return active?.hash === hash || revoked.some((key) => key.hash === hash);
}

function lookup(merchants: MemoryMerchants, hash: KeyHash): KeyState {
  for (const [merchantId, { active }] of merchants) if (active?.hash === hash) return { status: 'active', merchantId };
  for (const { revoked } of merchants.values()) {
    const found = revoked.find((key) => key.hash === hash);
    if (found !== undefined) return { status: 'revoked', revokedAt: found.revokedAt };
  }
  return { status: 'unknown' };
}

function toCommit({ pending }: MemoryMerchant): Commit {
  return { pending: pending.map(({ hash }) => hash) };
}
