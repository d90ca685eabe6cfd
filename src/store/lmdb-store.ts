import { closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { KeyHash } from '../core/api-key.ts';
import { ServiceError } from '../core/errors.ts';
import { type KeyState, type KeyStore, type NewKey, RETIRED_KEYS_KEPT } from '../core/key-store.ts';
import type { MerchantId } from '../core/merchant-id.ts';

/** What is stored of a merchant. Times are milliseconds since the epoch. */
interface MerchantRecord {
  readonly active?: {
    readonly hash: KeyHash;
    readonly visiblePrefix: string;
    readonly createdAtMs: number;
    readonly lastUsedAtMs?: number;
  };
  /** Hashes of former keys, oldest first, at most {@link RETIRED_KEYS_KEPT}. */
  readonly retired: readonly KeyHash[];
}

/** What is stored of a key: its merchant while it is active, then the time at which it was retired. */
type KeyRecord = MerchantId | number;

/** Where a store's first page says that it is LMDB's, and how. */
const MAGIC = { offset: 24, bytes: Buffer.from('dec0efbe', 'hex') };

const UNKNOWN: KeyState = { status: 'unknown' };

/**
 * The embedded store. Several processes may share one directory.
 *
 * @param dataDir made where it is missing, for the owner alone
 * @throws Error when the directory cannot be used
 */
export function openLmdbStore(dataDir: string): KeyStore {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'keys.lmdb');
  refuseForeignFile(path);
  return new LmdbStore(open({ path, maxDbs: 2 }));
}

/** On a file that is not LMDB's the driver ends the process with a segmentation fault. */
function refuseForeignFile(path: string): void {
  if (!existsSync(path)) return;
  const head = Buffer.alloc(MAGIC.offset + MAGIC.bytes.length);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, head, 0, head.length, 0);
    // An empty one is made into a store.
    if (length > 0 && !head.subarray(MAGIC.offset).equals(MAGIC.bytes)) throw new Error(`${path} is not a key store`);
  } finally {
    closeSync(file);
  }
}

class LmdbStore implements KeyStore {
  readonly #root: RootDatabase;
  readonly #merchants: Database<MerchantRecord, MerchantId>;
  readonly #keys: Database<KeyRecord, KeyHash>;

  constructor(root: RootDatabase) {
    this.#root = root;
    this.#merchants = root.openDB({ name: 'merchants' });
    this.#keys = root.openDB({ name: 'keys' });
  }

  async activate(merchantId: MerchantId, key: NewKey): Promise<void> {
    await this.#write(() => {
      const { active, retired } = this.#merchants.get(merchantId) ?? { retired: [] };
      this.#merchants.put(merchantId, {
        active: { hash: key.hash, visiblePrefix: key.visiblePrefix, createdAtMs: key.createdAt.getTime() },
        retired: active === undefined ? retired : this.#retire(active.hash, retired, key.createdAt),
      });
      this.#keys.put(key.hash, merchantId);
    });
  }

  async revoke(merchantId: MerchantId, revokedAt: Date): Promise<boolean> {
    return await this.#write(() => {
      const record = this.#merchants.get(merchantId);
      if (record?.active !== undefined) {
        this.#merchants.put(merchantId, { retired: this.#retire(record.active.hash, record.retired, revokedAt) });
      }
      return record !== undefined;
    });
  }

  lookup(hash: KeyHash): KeyState {
    const record = this.#readFresh(() => this.#keys.get(hash));
    if (record === undefined) return UNKNOWN;
    if (typeof record === 'number') return { status: 'retired', revokedAt: new Date(record) };
    return { status: 'active', merchantId: record };
  }

  async findActive(merchantId: MerchantId) {
    const active = this.#readFresh(() => this.#merchants.get(merchantId))?.active;
    if (active === undefined) return undefined;
    return {
      hash: active.hash,
      visiblePrefix: active.visiblePrefix,
      createdAt: new Date(active.createdAtMs),
      lastUsedAt: active.lastUsedAtMs === undefined ? undefined : new Date(active.lastUsedAtMs),
    };
  }

  async recordUses(uses: Parameters<KeyStore['recordUses']>[0]): Promise<void> {
    await this.#write(() => {
      for (const { hash, merchantId, usedAt } of uses) {
        const record = this.#merchants.get(merchantId);
        if (record?.active?.hash !== hash) continue;
        const lastUsedAtMs = Math.max(record.active.lastUsedAtMs ?? 0, usedAt.getTime());
        this.#merchants.put(merchantId, { ...record, active: { ...record.active, lastUsedAtMs } });
      }
    });
  }

  async ping(): Promise<void> {
    this.#readFresh(() => this.#merchants.get('' as MerchantId));
  }

  async close(): Promise<void> {
    await this.#root.flushed;
    await this.#root.close();
  }

  /** Inside a write: marks the key retired and forgets those beyond the bound. Returns the merchant's new list. */
  #retire(hash: KeyHash, retired: readonly KeyHash[], revokedAt: Date): KeyHash[] {
    const all = [...retired, hash];
    for (const forgotten of all.slice(0, -RETIRED_KEYS_KEPT)) this.#keys.remove(forgotten);
    this.#keys.put(hash, revokedAt.getTime());
    return all.slice(-RETIRED_KEYS_KEPT);
  }

  /** Runs one atomic change; resolves when it is on disk, not merely committed. */
  async #write<T>(change: () => T): Promise<T> {
    try {
      const result = await this.#root.transaction(change);
      await this.#root.flushed;
      return result;
    } catch (cause) {
      throw new ServiceError('outcome_unknown', 'The store failed: the change may or may not have happened.', {
        cause,
      });
    }
  }

  /** LMDB reads a snapshot: begin a new one, or a change that another process has answered for would be missed. */
  #readFresh<T>(read: () => T): T {
    try {
      this.#root.resetReadTxn();
      return read();
    } catch (cause) {
      throw new ServiceError('unavailable', 'The key store cannot be read at the moment.', { cause });
    }
  }
}
