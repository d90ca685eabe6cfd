import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { CacheConnection, EntryKey, FillToken } from '../../src/revocation/cache-connection.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import { createFillToken } from '../../src/store/redis/entry.ts';
import { newKey } from './new-key.ts';

/** A primary, and what can happen to it. */
export interface CacheFixture {
  /** @param database 0 unless it is given */
  connect(database?: number): Promise<CacheConnection>;
  /** Closes every connection from the cache's side. */
  closeConnections(): Promise<void>;
  /** Ends the process and begins another life, empty. */
  restart(): Promise<void>;
  /** The same, with the entries that it has now: as from a file. */
  restartWithEntries(): Promise<void>;
  /** Makes the process a replica; connections stay open. */
  demote(): Promise<void>;
  /** Makes the process a primary again; connections stay open. */
  promote(): Promise<void>;
  /** How long an entry of database 0 remains, in milliseconds; undefined where there is none. */
  remainingMs(key: EntryKey): Promise<number | undefined>;
  /** Lets time pass, where the cache's clock is the test's. */
  advance(ms: number): void;
  dispose(): Promise<void>;
}

export const TTL_MS = 60_000;
export const ACTIVE: KeyState = { status: 'active', merchantId: 'm1' as MerchantId };
export const REVOKED: KeyState = { status: 'revoked', revokedAt: new Date('2026-02-03T04:05:06.789Z') };
export const UNKNOWN: KeyState = { status: 'unknown' };

/** The key of an entry that no other test has. */
export function newEntryKey(hash: KeyHash = newKey().hash): EntryKey {
  return { generation: `generation-${newKey().hash}` as Generation, hash };
}

/** Places a token, as the beginning of a fill. */
export async function placeToken(connection: CacheConnection, key: EntryKey): Promise<FillToken> {
  const token = createFillToken();
  if (!(await connection.placeFillToken(key, token, TTL_MS))) throw new Error('there is an entry already');
  return token;
}

/** Fills an entry where there is none. */
export async function fillEntry(connection: CacheConnection, key: EntryKey, state: KeyState): Promise<void> {
  await connection.fill(key, await placeToken(connection, key), state, TTL_MS);
}
