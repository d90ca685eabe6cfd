import { closeSync, copyFileSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KeyHash } from '../../../src/core/api-key.ts';
import { REVOKED_KEYS_KEPT } from '../../../src/core/key-store.ts';
import type { MerchantId } from '../../../src/core/merchant-id.ts';
import { openLmdbStore } from '../../../src/store/lmdb/lmdb-store.ts';
import { hasEveryPage, readHeader } from '../../../src/store/lmdb/page.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../../testkit/temporary-directory.ts';

/** Enough for trees of several levels. */
const MERCHANTS = 2_000;

const hashOf = (text: string) => text.padEnd(43, '0') as KeyHash;

function isWhole(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const header = readHeader(fd);
    return header !== undefined && hasEveryPage(fd, header);
  } finally {
    closeSync(fd);
  }
}

function pageBytesOf(path: string): number {
  const fd = openSync(path, 'r');
  try {
    return readHeader(fd)?.pageBytes ?? 0;
  } finally {
    closeSync(fd);
  }
}

describe('The pages of a store’s file', () => {
  let directory: TemporaryDirectory;
  let file: string;

  before(async () => {
    directory = createTemporaryDirectory();
    file = join(directory.path, 'keys.lmdb');
    const store = openLmdbStore(directory.path);
    const activate = (merchantId: string, key: string) =>
      store.activate(merchantId as MerchantId, { hash: hashOf(key), visiblePrefix: 'ipa', createdAt: new Date() });
    await Promise.all(Array.from({ length: MERCHANTS }, (_, index) => activate(`m${index}`, `key${index}x`)));
    // A merchant with so many former keys that its record has pages of its own.
    for (let key = 0; key <= REVOKED_KEYS_KEPT; key++) await activate('many', `former${key}x`);
    await Promise.all(
      Array.from({ length: MERCHANTS / 2 }, (_, index) => store.revoke(`m${index}` as MerchantId, new Date())),
    );
    await store.close();
  });

  after(() => directory.remove());

  it('are all there in a whole file', () => {
    expect(isWhole(file)).to.equal(true);
  });

  it('are not all there in a file that is cut off anywhere, except behind the last page that is in use', async () => {
    const elsewhere = join(directory.path, 'cut');
    mkdirSync(elsewhere);
    const cut = join(elsewhere, 'keys.lmdb');
    copyFileSync(file, cut);
    const pageBytes = pageBytesOf(file);
    const pages = statSync(file).size / pageBytes;
    let used = pages;
    while (isWhole(cut)) truncateSync(cut, --used * pageBytes);
    for (let left = used; left >= 2; left = Math.floor(left * 0.8)) {
      truncateSync(cut, left * pageBytes);
      expect(isWhole(cut), `${left} of ${pages} pages`).to.equal(false);
    }

    copyFileSync(file, cut);
    truncateSync(cut, (used + 1) * pageBytes);
    const store = openLmdbStore(elsewhere);
    const states = Array.from({ length: MERCHANTS }, (_, index) => store.lookup(hashOf(`key${index}x`)));
    const many = await store.findActive('many' as MerchantId);
    await store.close();

    expect((await Promise.all(states)).filter(({ status }) => status === 'revoked')).to.have.length(MERCHANTS / 2);
    expect(many?.hash).to.equal(hashOf(`former${REVOKED_KEYS_KEPT}x`));
    expect(pages - used).to.be.below(20);
  });
});
