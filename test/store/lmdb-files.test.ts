import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyStore } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { openDatabases } from '../../src/store/lmdb/databases.ts';
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts';
import { startService } from '../../testkit/service/service-in-process.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';

const MERCHANT = 'm1' as MerchantId;
const NOW = new Date('2026-02-03T04:05:06.789Z');

/** In lmdb-js's `MDB_meta`: the flags of the newest state, and what says in them that it may not be on disk yet. */
const META = { pageSize: 48, flags: 52, txnId: 152, bytes: 160 };
const NOT_FLUSHED = 0x1000;
/** A commit that does not wait for the disk. */
const NO_SYNC_FLUSH = 0x1_0000;

/** Whether the newest state of the file had been flushed when it was noted there. */
function isFlushed(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const first = readMeta(fd, 0);
    const second = readMeta(fd, first.readUInt32LE(META.pageSize));
    const [firstId, secondId] = [first.readBigUInt64LE(META.txnId), second.readBigUInt64LE(META.txnId)];
    return ((firstId >= secondId ? first : second).readUInt16LE(META.flags) & NOT_FLUSHED) === 0;
  } finally {
    closeSync(fd);
  }
}

function readMeta(fd: number, position: number): Buffer {
  const bytes = Buffer.alloc(META.bytes);
  readSync(fd, bytes, 0, META.bytes, position);
  return bytes;
}

describe('The files of the embedded store', () => {
  let directory: TemporaryDirectory;
  let store: KeyStore | undefined;

  beforeEach(() => {
    directory = createTemporaryDirectory();
    store = undefined;
  });

  afterEach(async () => {
    await store?.close();
    directory.remove();
  });

  it('are on disk when a change is acknowledged', async () => {
    const path = join(directory.path, 'keys.lmdb');
    const opened = openLmdbStore(directory.path);
    store = opened;
    const changes = [
      () => opened.activate(MERCHANT, { hash: 'hash' as KeyHash, visiblePrefix: 'ipa_live_abc', createdAt: NOW }),
      () => opened.recordUses([{ hash: 'hash' as KeyHash, merchantId: MERCHANT, usedAt: NOW }]),
      () => opened.revoke(MERCHANT, NOW),
    ];

    const flushed: boolean[] = [];
    for (const change of changes) {
      await change();
      flushed.push(isFlushed(path));
    }

    expect(flushed).to.deep.equal([true, true, true]);
  });

  it('would show a commit that is not on disk, or the test above would see nothing', async () => {
    const path = join(directory.path, 'other.lmdb');
    const { root, merchants } = openDatabases(path);

    root.transactionSync(() => void merchants.put(MERCHANT, { retired: [] }), NO_SYNC_FLUSH);

    expect(isFlushed(path)).to.equal(false);
    await root.close();
  });

  it('are in a new folder that is its owner’s alone, whatever the process allows', async () => {
    const path = join(directory.path, 'made', 'here');
    const mask = process.umask(0);
    try {
      store = openLmdbStore(path);
    } finally {
      process.umask(mask);
    }

    const modes = [path, join(path, 'keys.lmdb'), join(path, 'keys.lmdb-lock')].map((file) => statSync(file).mode);
    expect(modes.map((mode) => mode & 0o777)).to.deep.equal([0o700, 0o600, 0o600]);
  });

  it('are their owner’s alone from the moment that they are made', async () => {
    const path = join(directory.path, 'other.lmdb');
    const mask = process.umask(0);
    const { root } = openDatabases(path);
    process.umask(mask);

    expect(statSync(path).mode & 0o777).to.equal(0o600);
    await root.close();
  });

  it('are in such a folder too where tokens come from outside, and no signing key is made', async () => {
    const path = join(directory.path, 'data');
    const mask = process.umask(0);
    const service = await startService({ DATA_DIR: path }).finally(() => process.umask(mask));

    expect(statSync(path).mode & 0o777).to.equal(0o700);
    await service.stop();
  });
});
