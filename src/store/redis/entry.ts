import { randomUUID } from 'node:crypto';
import type { KeyState } from '../../core/key-store.ts';
import type { MerchantId } from '../../core/merchant-id.ts';
import type { CacheEntry, EntryKey, FillToken } from '../../revocation/cache-connection.ts';

/** The Redis key of an entry. It has the hash of the API key: nothing in Redis leads back to the API key itself. */
export function redisKey({ generation, hash }: EntryKey): string {
  return `iterapay_keys:${generation}:${hash}`;
}

export function createFillToken(): FillToken {
  return `t${randomUUID()}` as FillToken;
}

/** A verdict as it is stored. Undefined for an unknown key: guessed keys never repeat, and must not fill Redis. */
export function encodeVerdict(state: KeyState): string | undefined {
  switch (state.status) {
    case 'active':
      return `v${state.merchantId}`;
    case 'revoked':
      return `r${state.revokedAt.getTime()}`;
    case 'unknown':
      return undefined;
  }
}

/** Reads the text of an entry. What is not a verdict counts as another instance's fill token: it is left alone. */
export function decodeEntry(text: string): CacheEntry {
  const rest = text.slice(1);
  if (text.startsWith('v')) return { status: 'active', merchantId: rest as MerchantId };
  if (text.startsWith('r') && /^\d{1,15}$/.test(rest)) return { status: 'revoked', revokedAt: new Date(Number(rest)) };
  return { status: 'filling' };
}
