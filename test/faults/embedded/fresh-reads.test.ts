import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KeyHash } from '../../../src/core/api-key.ts';
import type { KeyStore } from '../../../src/core/key-store.ts';
import type { MerchantId } from '../../../src/core/merchant-id.ts';
import { openLmdbStore } from '../../../src/store/lmdb/lmdb-store.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../../testkit/temporary-directory.ts';

const MERCHANT = 'm1' as MerchantId;
const OLD = 'old'.padEnd(43, '0') as KeyHash;
const NEW = 'new'.padEnd(43, '0') as KeyHash;

/**
 * The other process acts while this one waits for it without a turn of its event loop: the store's driver, which lets
 * go of what it reads between turns, has no occasion to.
 */
describe('A read of the embedded store, in the turn in which another process has made a change', () => {
  let directory: TemporaryDirectory;
  let store: KeyStore;

  beforeEach(async () => {
    directory = createTemporaryDirectory();
    store = openLmdbStore(directory.path);
    await store.activate(MERCHANT, { hash: OLD, visiblePrefix: 'ipa_live_old', createdAt: new Date() });
  });

  afterEach(async () => {
    await store.close();
    directory.remove();
  });

  function changeElsewhere(...newHash: readonly string[]): void {
    const script = join(import.meta.dirname, 'change-once.ts');
    execFileSync(process.execPath, [script, directory.path, MERCHANT, ...newHash], { stdio: 'inherit' });
  }

  it('sees the revocation', async () => {
    const before = store.lookup(OLD);
    changeElsewhere();
    const after = store.lookup(OLD);
    const active = store.findActive(MERCHANT);

    expect(await before).to.include({ status: 'active' });
    expect(await after).to.include({ status: 'revoked' });
    expect(await active).to.equal(undefined);
  });

  it('sees the new key, and that the old one has ended', async () => {
    const before = store.findActive(MERCHANT);
    changeElsewhere(NEW);
    const active = store.findActive(MERCHANT);
    const states = [store.lookup(OLD), store.lookup(NEW)];

    expect(await before).to.include({ hash: OLD });
    expect(await active).to.include({ hash: NEW });
    expect((await Promise.all(states)).map(({ status }) => status)).to.deep.equal(['revoked', 'active']);
  });
});
