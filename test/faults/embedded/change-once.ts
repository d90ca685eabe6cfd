import type { KeyHash } from '../../../src/core/api-key.ts';
import type { MerchantId } from '../../../src/core/merchant-id.ts';
import { openLmdbStore } from '../../../src/store/lmdb/lmdb-store.ts';

/** A process of its own that makes one change: `change-once.ts <directory> <merchant> <hash of the new key, if any>`. */
const [directory = '', merchantId = '', newHash] = process.argv.slice(2);
const store = openLmdbStore(directory);
if (newHash === undefined) await store.revoke(merchantId as MerchantId, new Date());
else {
  const key = { hash: newHash as KeyHash, visiblePrefix: 'ipa_live_new', createdAt: new Date() };
  await store.activate(merchantId as MerchantId, key);
}
await store.close();
