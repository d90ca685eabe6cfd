import type { PendingInvalidation, PendingInvalidations } from '../../revocation/authority.ts';
import type { Generation } from '../../revocation/cache-registry.ts';
import type { MongoAccess } from './access.ts';
import { confirmation, type MerchantDocument } from './documents.ts';
import { merchantsOf } from './mongo-store.ts';

/** Merchants that are read at once; the others follow when these are confirmed. */
const MAX_MERCHANTS_LISTED = 1_000;

/** Pending invalidations, as they stand in the merchants' documents. */
export function createMongoPendingInvalidations(access: MongoAccess): PendingInvalidations {
  const merchants = merchantsOf(access);
  const options = { ...access.majority, projection: { pending: 1 }, limit: MAX_MERCHANTS_LISTED };

  return {
    list: () =>
      access.read(async () => {
        const documents = await merchants.find({ 'pending.hash': { $exists: true } }, options).toArray();
        return documents.flatMap(toPending);
      }),

    listOf: (merchantId) =>
      access.read(async () => (await merchants.find({ _id: merchantId }, options).toArray()).flatMap(toPending)),

    acknowledge: ({ merchantId, hash }, generation) =>
      access.write(async () => {
        await merchants.updateOne(
          { _id: merchantId, pending: { $elemMatch: { hash } } },
          { $addToSet: { 'pending.$.acks': generation } },
        );
      }),

    confirm: (merchantId, hashes) =>
      access.write(async () => {
        await merchants.updateOne({ _id: merchantId, 'pending.hash': { $in: [...hashes] } }, confirmation(hashes));
      }),
  };
}

function toPending({ _id, pending = [] }: MerchantDocument): PendingInvalidation[] {
  return pending.map(({ hash, acks }) => ({ merchantId: _id, hash, acknowledgedBy: new Set<Generation>(acks) }));
}
