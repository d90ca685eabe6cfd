import { randomUUID } from 'node:crypto';
import type { KeyHash } from '../core/api-key.ts';
import type { KeyState } from '../core/key-store.ts';
import type { MerchantId } from '../core/merchant-id.ts';
import type { Generation } from '../core/revocation.ts';

/** What stands in Redis under an entry's key: a verdict, or the token of a fill that is under way. */
export type Entry = KeyState | { readonly status: 'token' };

/** An entry's key. Only hashes are keys: nothing in Redis tells an API key. */
export function entryKey(generation: Generation, hash: KeyHash): string {
  return `iterapay_keys:${generation}:${hash}`;
}

/** A token, unique in the world: only the fill that placed it will replace it. */
export function createToken(): string {
  return `t${randomUUID()}`;
}

/** A verdict as it is stored. Undefined for an unknown key: guessed keys never repeat, and must not fill Redis. */
export function encodeVerdict(state: KeyState): string | undefined {
  switch (state.status) {
    case 'active':
      return `v${state.merchantId}`;
    case 'retired':
      return `r${state.revokedAt.getTime()}`;
    case 'unknown':
      return undefined;
  }
}

/** Reads what stands under an entry's key. What is not a verdict counts as somebody's token: it is left alone. */
export function decodeEntry(text: string): Entry {
  const rest = text.slice(1);
  if (text.startsWith('v')) return { status: 'active', merchantId: rest as MerchantId };
  if (text.startsWith('r') && /^\d{1,15}$/.test(rest)) return { status: 'retired', revokedAt: new Date(Number(rest)) };
  return { status: 'token' };
}
