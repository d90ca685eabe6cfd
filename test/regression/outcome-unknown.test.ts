import { expect } from 'chai';
import { ServiceError } from '../../src/core/errors.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts';
import { createMongoAccess } from '../../src/store/mongo/access.ts';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { childrenOf } from '../faults/embedded/file-size-limit.ts';
import { rejectionOf } from '../unit/rejection.ts';

const MERCHANT = 'm1' as MerchantId;

/** A change whose outcome is unknown, in each store. */
const STORES: Readonly<Record<string, () => Promise<unknown>>> = {
  async 'the embedded store'() {
    const directory = createTemporaryDirectory();
    const othersChildren = new Set(childrenOf(process.pid));
    const store = openLmdbStore(directory.path);
    const [writer] = childrenOf(process.pid).filter((pid) => !othersChildren.has(pid));
    if (writer === undefined) throw new Error('no process that writes');
    try {
      const changing = rejectionOf(store.revoke(MERCHANT, new Date()));
      // The change is sent at the end of this turn, to a process that does not come to answer it.
      process.kill(writer, 'SIGSTOP');
      setImmediate(() => process.kill(writer, 'SIGKILL'));
      return await changing;
    } finally {
      await store.close();
      directory.remove();
    }
  },

  async MongoDB() {
    const access = createMongoAccess({ url: `mongodb://127.0.0.1:${await findFreePort()}`, timeoutMs: 50 });
    try {
      return await rejectionOf(access.write(() => access.db.command({ ping: 1 })));
    } finally {
      await access.close();
    }
  },
};

describe('A change that may have happened', () => {
  for (const [store, change] of Object.entries(STORES)) {
    it(`is answered with what a repetition does (${store})`, async () => {
      const error = await change();

      expect(error).to.be.instanceOf(ServiceError).and.include({ code: 'outcome_unknown' });
      expect((error as ServiceError).message).to.match(
        /may or may not have happened.*repeating is safe.*Revoke confirms.*Generate makes another key/i,
      );
    });
  }
});
