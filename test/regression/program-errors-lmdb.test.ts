import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { KeyStore } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { rejectionOf } from '../unit/rejection.ts';

/** What only a mistake of this program could pass to a store: lmdb throws an error for it that is not about its file. */
const NO_HASH = undefined as unknown as KeyHash;
const NO_MERCHANT = undefined as unknown as MerchantId;
const RECOVERY_MS = 10_000;

describe('The embedded store, asked for what cannot be', () => {
  let directory: TemporaryDirectory;
  let store: KeyStore;

  beforeEach(() => {
    directory = createTemporaryDirectory();
    store = openLmdbStore(directory.path);
  });

  afterEach(async () => {
    await store.close();
    directory.remove();
  });

  const mistakes: Readonly<Record<string, () => Promise<unknown>>> = {
    'a lookup': async () => store.lookup(NO_HASH),
    'a read of a merchant': () => store.findActive(NO_MERCHANT),
    'a change': () => store.revoke(NO_MERCHANT, new Date()),
  };

  for (const [what, ask] of Object.entries(mistakes)) {
    it(`lets the error of ${what} through, with the place where it happened`, async () => {
      const thrown = await rejectionOf(ask());

      expect(thrown).to.be.instanceOf(Error).and.not.instanceOf(ServiceError);
      expect((thrown as Error).stack).to.match(/databases\.ts|lmdb-store\.ts/);
    });
  }

  it('takes changes again afterwards', async () => {
    await rejectionOf(store.revoke(NO_MERCHANT, new Date()));

    const hash = '0'.repeat(64) as KeyHash;
    const activate = () =>
      store.activate('m1' as MerchantId, { hash, visiblePrefix: 'ipa_live_abc', createdAt: new Date() });
    await waitUntil('a change', activate, { timeoutMs: RECOVERY_MS });

    expect(await store.lookup(hash)).to.deep.equal({ status: 'active', merchantId: 'm1' });
  });

  it('throws unavailable for each call when it is closed', async () => {
    await store.close();

    const calls = [
      async () => store.lookup('0'.repeat(64) as KeyHash),
      () => store.findActive('m1' as MerchantId),
      () => store.revoke('m1' as MerchantId, new Date()),
      () => store.ping(),
    ];
    const thrown = await Promise.all(calls.map((call) => rejectionOf(call())));

    for (const error of thrown) expect(error).to.be.instanceOf(ServiceError).and.include({ code: 'unavailable' });
  });
});
