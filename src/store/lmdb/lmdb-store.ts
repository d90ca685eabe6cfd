import { closeSync, openSync } from 'node:fs';
import type { KeyHash } from '../../core/api-key.ts';
import { ServiceError } from '../../core/errors.ts';
import type { KeyState, KeyStore, KeyUse, NewKey } from '../../core/key-store.ts';
import type { MerchantId } from '../../core/merchant-id.ts';
import {
  type KeyRecord,
  type LmdbChange,
  type LmdbDatabases,
  type MerchantRecord,
  openDatabases,
} from './databases.ts';
import { prepareStoreFile } from './file.ts';
import { createLmdbFileGuard, identify, type LmdbFileGuard, type StoreLostError } from './file-guard.ts';
import { createLmdbWriter, type LmdbWriter } from './writer.ts';

export interface LmdbStoreOptions {
  /** Called once, when the file was deleted, replaced or cut off while the store was open: all calls fail then. */
  readonly onLost?: (error: StoreLostError) => void;
}

const UNKNOWN: KeyState = { status: 'unknown' };
/** Uses in one change: a bulk of them is written in several transactions. */
const USES_IN_A_CHANGE = 1_000;
/** How soon the loss of the file is noticed where there are no calls. */
const CHECK_INTERVAL_MS = 1_000;

/**
 * The embedded store. Several processes may share one directory.
 *
 * Reads go to the memory map of this process, and go on while nothing can be written (a full disk, a limit of the file's
 * size, a read-only file system): each change is then refused with `unavailable`, and succeeds again as soon as the
 * cause is gone.
 *
 * @param dataDir made where it is missing, for the owner alone
 * @throws Error when the directory cannot be used, or what is in it is not a whole store
 */
export function openLmdbStore(dataDir: string, options: LmdbStoreOptions = {}): KeyStore {
  const path = prepareStoreFile(dataDir);
  const databases = openDatabases(path);
  const fd = openSync(path, 'r');
  const identity = identify(path, fd);
  return new LmdbStore(databases, {
    fd,
    guard: createLmdbFileGuard({ path, fd, identity, onLost: options.onLost }),
    writer: createLmdbWriter(path, identity),
  });
}

interface LmdbStoreParts {
  readonly fd: number;
  readonly guard: LmdbFileGuard;
  readonly writer: LmdbWriter;
}

class LmdbStore implements KeyStore {
  readonly #fd: number;
  readonly #guard: LmdbFileGuard;
  readonly #writer: LmdbWriter;
  readonly #checking: NodeJS.Timeout;
  /** Undefined when they are closed. */
  #databases: LmdbDatabases | undefined;
  #closing: Promise<void> | undefined;

  constructor(databases: LmdbDatabases, { fd, guard, writer }: LmdbStoreParts) {
    this.#databases = databases;
    this.#fd = fd;
    this.#guard = guard;
    this.#writer = writer;
    this.#checking = setInterval(() => this.#checkNow(), CHECK_INTERVAL_MS).unref();
  }

  async activate(merchantId: MerchantId, { hash, visiblePrefix, createdAt }: NewKey): Promise<void> {
    await this.#write({ kind: 'activate', merchantId, hash, visiblePrefix, createdAtMs: createdAt.getTime() });
  }

  revoke(merchantId: MerchantId, revokedAt: Date): Promise<boolean> {
    return this.#write({ kind: 'revoke', merchantId, revokedAtMs: revokedAt.getTime() });
  }

  lookup(hash: KeyHash): KeyState {
    const record = this.#readKey(hash);
    if (record === undefined) return UNKNOWN;
    if (typeof record === 'number') return { status: 'revoked', revokedAt: new Date(record) };
    return { status: 'active', merchantId: record };
  }

  async findActive(merchantId: MerchantId) {
    const active = this.#readMerchant(merchantId)?.active;
    if (active === undefined) return undefined;
    return {
      hash: active.hash,
      visiblePrefix: active.visiblePrefix,
      createdAt: new Date(active.createdAtMs),
      lastUsedAt: active.lastUsedAtMs === undefined ? undefined : new Date(active.lastUsedAtMs),
    };
  }

  async recordUses(uses: readonly KeyUse[]): Promise<void> {
    const stored = uses.map(({ hash, merchantId, usedAt }) => ({ hash, merchantId, usedAtMs: usedAt.getTime() }));
    for (let start = 0; start < stored.length; start += USES_IN_A_CHANGE) {
      await this.#write({ kind: 'recordUses', uses: stored.slice(start, start + USES_IN_A_CHANGE) });
    }
  }

  async ping(): Promise<void> {
    // Reading says so where the store is not open any more; the guard is of no use then.
    if (this.#databases !== undefined) this.#checkNow();
    this.#readMerchant('' as MerchantId);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#checking);
    await this.#writer.close();
    const databases = this.#databases;
    this.#databases = undefined;
    await databases?.root.close();
    closeSync(this.#fd);
  }

  async #write(change: LmdbChange): Promise<boolean> {
    try {
      if (this.#databases !== undefined) this.#guard.glance();
    } catch (cause) {
      throw new ServiceError('unavailable', 'The key store is not there any more: nothing was changed.', { cause });
    }
    return await this.#writer.write(change);
  }

  #readKey(hash: KeyHash): KeyRecord | undefined {
    try {
      return this.#fresh().keys.get(hash);
    } catch (cause) {
      throw toUnavailable(cause);
    }
  }

  #readMerchant(merchantId: MerchantId): MerchantRecord | undefined {
    try {
      return this.#fresh().merchants.get(merchantId);
    } catch (cause) {
      throw toUnavailable(cause);
    }
  }

  /** LMDB reads a snapshot: begins a new one, or a change that another process has answered for would be missed. */
  #fresh(): LmdbDatabases {
    if (this.#databases === undefined) throw new Error('the store is closed');
    this.#guard.glance();
    this.#databases.root.resetReadTxn();
    return this.#databases;
  }

  #checkNow(): void {
    try {
      this.#guard.check();
    } catch {
      // The guard throws it again at every read, and has called `onLost`.
    }
  }
}

function toUnavailable(cause: unknown): ServiceError {
  return new ServiceError('unavailable', 'The key store cannot be read at the moment.', { cause });
}
