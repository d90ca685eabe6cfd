import type { KeyStore } from '../../src/core/key-store.ts';
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { describeKeyStoreContract } from './key-store-contract.ts';

describeKeyStoreContract('The embedded store', async () => {
  const directory = createTemporaryDirectory();
  const opened: KeyStore[] = [];
  return {
    async open() {
      const store = openLmdbStore(directory.path);
      opened.push(store);
      return store;
    },
    async dispose() {
      for (const store of opened) await store.close();
      directory.remove();
    },
  };
});
