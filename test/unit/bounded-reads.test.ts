import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { AuthorityStore } from '../../src/revocation/authority.ts';
import { createBoundedReadsStore } from '../../src/store/bounded-reads.ts';
import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import { rejectionOf } from './rejection.ts';

const MAX_READS = 2;
const HASH = 'hash' as KeyHash;
const MERCHANT = 'm1' as MerchantId;
const UNKNOWN: KeyState = { status: 'unknown' };

describe('A store whose reads are bounded', () => {
  let reads: PromiseWithResolvers<KeyState>[];
  let store: AuthorityStore;

  beforeEach(() => {
    reads = [];
    const hold = () => {
      const read = Promise.withResolvers<KeyState>();
      reads.push(read);
      return read.promise;
    };
    const held: AuthorityStore = {
      ...createMemoryAuthority(new Map()),
      lookup: hold,
      findActive: async () => {
        await hold();
        return undefined;
      },
    };
    store = createBoundedReadsStore(held, MAX_READS);
  });

  it('refuses a lookup beyond the bound at once, without a read', async () => {
    const underWay = [store.lookup(HASH), store.lookup(HASH)];

    const refused = await rejectionOf(Promise.resolve(store.lookup(HASH)));

    expect(refused).to.include({ code: 'unavailable' });
    expect(reads).to.have.length(MAX_READS);
    for (const read of reads) read.resolve(UNKNOWN);
    expect(await Promise.all(underWay)).to.deep.equal([UNKNOWN, UNKNOWN]);
  });

  it('counts lookups and descriptions of keys together', async () => {
    const underWay = [store.findActive(MERCHANT), store.lookup(HASH)];

    const refused = [
      await rejectionOf(store.findActive(MERCHANT)),
      await rejectionOf(Promise.resolve(store.lookup(HASH))),
    ];

    for (const error of refused) expect(error).to.include({ code: 'unavailable' });
    for (const read of reads) read.resolve(UNKNOWN);
    await Promise.all(underWay);
  });

  for (const [outcome, end] of Object.entries({
    success: (read: PromiseWithResolvers<KeyState>) => read.resolve(UNKNOWN),
    failure: (read: PromiseWithResolvers<KeyState>) => read.reject(new Error('MongoDB is away')),
  })) {
    it(`gives a slot back after ${outcome}, and only one`, async () => {
      const [ending, staying] = [Promise.resolve(store.lookup(HASH)), store.lookup(HASH)];
      end(firstOf(reads));
      await ending.catch(() => undefined);

      const next = store.lookup(HASH);
      const refused = await rejectionOf(Promise.resolve(store.lookup(HASH)));

      expect(refused).to.include({ code: 'unavailable' });
      expect(reads).to.have.length(MAX_READS + 1);
      for (const read of reads) read.resolve(UNKNOWN);
      expect(await Promise.all([staying, next])).to.deep.equal([UNKNOWN, UNKNOWN]);
    });
  }

  it('takes no slot for a read that it refused', async () => {
    const underWay = [store.lookup(HASH), store.lookup(HASH)];
    await rejectionOf(Promise.resolve(store.lookup(HASH)));
    for (const read of reads.splice(0)) read.resolve(UNKNOWN);
    await Promise.all(underWay);

    const again = [store.lookup(HASH), store.lookup(HASH)];

    for (const read of reads) read.resolve(UNKNOWN);
    expect(await Promise.all(again)).to.deep.equal([UNKNOWN, UNKNOWN]);
  });

  it('lets changes, uses and pings through while it is full', async () => {
    const underWay = [store.lookup(HASH), store.lookup(HASH)];

    await store.ping();
    await store.recordUses([]);
    await store.activate(MERCHANT, { hash: HASH, visiblePrefix: 'ipa_live_abc', createdAt: new Date() });
    const { everHadKey } = await store.revoke(MERCHANT, new Date());

    expect(everHadKey).to.equal(true);
    for (const read of reads) read.resolve(UNKNOWN);
    await Promise.all(underWay);
  });
});

function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('there is none');
  return first;
}
