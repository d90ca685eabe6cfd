import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { AuthorityStore, PendingInvalidation } from '../../src/revocation/authority.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import type { AuthorityFixture } from './authority-store-contract.ts';
import { newKey } from './new-key.ts';

const MERCHANT = 'm1' as MerchantId;
const OTHER_MERCHANT = 'm2' as MerchantId;
const [GENERATION, OTHER_GENERATION] = ['generation-a', 'generation-b'] as Generation[] as [Generation, Generation];
const REVOKED_AT = new Date('2026-02-03T04:05:06.789Z');

/** The promises of the port {@link PendingInvalidations}, checked on any implementation. */
export function describePendingInvalidationsContract(
  name: string,
  createFixture: () => Promise<AuthorityFixture>,
): void {
  describe(`${name} keeps the promises of pending invalidations`, () => {
    let fixture: AuthorityFixture;

    beforeEach(async () => {
      fixture = await createFixture();
    });

    afterEach(() => fixture.dispose());

    describeListing(() => fixture);
    describeAcknowledgement(() => fixture);
    describeConfirmation(() => fixture);
  });
}

function describeListing(fixture: () => AuthorityFixture): void {
  describe('list and listOf', () => {
    it('find nothing where nothing is pending', async () => {
      const { authority, pending } = fixture();
      await authority.activate(MERCHANT, newKey());

      expect(await pending.list()).to.deep.equal([]);
      expect(await pending.listOf(MERCHANT)).to.deep.equal([]);
      expect(await pending.listOf(OTHER_MERCHANT)).to.deep.equal([]);
    });

    it('find those of every merchant, and those of one', async () => {
      const { authority, pending } = fixture();
      const [one] = await leavePending(authority, MERCHANT, 1);
      const [other] = await leavePending(authority, OTHER_MERCHANT, 1);

      expect(await pending.list()).to.have.deep.members([
        unacknowledged(MERCHANT, one),
        unacknowledged(OTHER_MERCHANT, other),
      ]);
      expect(await pending.listOf(MERCHANT)).to.deep.equal([unacknowledged(MERCHANT, one)]);
    });

    it('hand out what they found as it was then', async () => {
      const { authority, pending } = fixture();
      const [hash] = await leavePending(authority, MERCHANT, 1);
      const before = await pending.list();

      await pending.acknowledge(unacknowledged(MERCHANT, hash), GENERATION);

      expect(before).to.deep.equal([unacknowledged(MERCHANT, hash)]);
    });
  });
}

function describeAcknowledgement(fixture: () => AuthorityFixture): void {
  describe('acknowledge', () => {
    it('notes the generation on the one entry', async () => {
      const { authority, pending } = fixture();
      const [first, second] = await leavePending(authority, MERCHANT, 2);
      const [other] = await leavePending(authority, OTHER_MERCHANT, 1);

      await pending.acknowledge(unacknowledged(MERCHANT, second), GENERATION);

      expect(await pending.list()).to.have.deep.members([
        unacknowledged(MERCHANT, first),
        { merchantId: MERCHANT, hash: second, acknowledgedBy: new Set([GENERATION]) },
        unacknowledged(OTHER_MERCHANT, other),
      ]);
    });

    it('notes every generation once', async () => {
      const { authority, pending } = fixture();
      const [hash] = await leavePending(authority, MERCHANT, 1);
      const entry = unacknowledged(MERCHANT, hash);

      await Promise.all(
        [GENERATION, OTHER_GENERATION, GENERATION].map((generation) => pending.acknowledge(entry, generation)),
      );

      expect(await pending.listOf(MERCHANT)).to.deep.equal([
        { merchantId: MERCHANT, hash, acknowledgedBy: new Set([GENERATION, OTHER_GENERATION]) },
      ]);
    });

    it('does nothing for a key that is no longer pending', async () => {
      const { authority, pending } = fixture();
      const [confirmed, still] = await leavePending(authority, MERCHANT, 2);
      await pending.confirm(MERCHANT, [confirmed]);

      await pending.acknowledge(unacknowledged(MERCHANT, confirmed), GENERATION);

      expect(await pending.list()).to.deep.equal([unacknowledged(MERCHANT, still)]);
    });

    it('does nothing for a merchant that is not known, nor for another one’s key', async () => {
      const { authority, pending } = fixture();
      const [hash] = await leavePending(authority, MERCHANT, 1);

      await pending.acknowledge(unacknowledged(OTHER_MERCHANT, hash), GENERATION);

      expect(await pending.list()).to.deep.equal([unacknowledged(MERCHANT, hash)]);
      expect(await authority.revoke(OTHER_MERCHANT, REVOKED_AT)).to.deep.equal({ pending: [], everHadKey: false });
    });
  });
}

function describeConfirmation(fixture: () => AuthorityFixture): void {
  describe('confirm', () => {
    it('removes one entry and leaves the other, with its acknowledgements', async () => {
      const { authority, pending } = fixture();
      const [first, second] = await leavePending(authority, MERCHANT, 2);
      await pending.acknowledge(unacknowledged(MERCHANT, second), GENERATION);

      await pending.confirm(MERCHANT, [first]);

      expect(await pending.list()).to.deep.equal([
        { merchantId: MERCHANT, hash: second, acknowledgedBy: new Set([GENERATION]) },
      ]);
    });

    it('removes every entry that is named, and leaves one that came meanwhile', async () => {
      const { authority, pending } = fixture();
      const [first, second, meanwhile] = await leavePending(authority, MERCHANT, 3);

      await pending.confirm(MERCHANT, [first, second]);

      expect(await pending.list()).to.deep.equal([unacknowledged(MERCHANT, meanwhile)]);
    });

    it('leaves nothing when every entry was named, and the verdicts as they are', async () => {
      const { authority, pending } = fixture();
      const [first, second] = await leavePending(authority, MERCHANT, 2);

      await pending.confirm(MERCHANT, [second, first]);

      expect(await pending.list()).to.deep.equal([]);
      expect(await pending.listOf(MERCHANT)).to.deep.equal([]);
      expect((await authority.lookup(first)).status).to.equal('revoked');
      expect((await authority.findActive(MERCHANT))?.hash).to.be.a('string');
    });

    it('does nothing for a key that is not pending, nor for another merchant’s, nor for none', async () => {
      const { authority, pending } = fixture();
      const [hash] = await leavePending(authority, MERCHANT, 1);

      await pending.confirm(MERCHANT, [newKey().hash]);
      await pending.confirm(OTHER_MERCHANT, [hash]);
      await pending.confirm(MERCHANT, []);

      expect(await pending.list()).to.deep.equal([unacknowledged(MERCHANT, hash)]);
    });
  });
}

/** Makes keys and replaces them, and returns the hashes of the replaced ones, oldest first. */
async function leavePending(
  authority: AuthorityStore,
  merchantId: MerchantId,
  count: number,
): Promise<KeyHash[] & [KeyHash, KeyHash, KeyHash]> {
  const replaced = Array.from({ length: count }, (_, second) => newKey(second));
  for (const key of [...replaced, newKey(count)]) await authority.activate(merchantId, key);
  return replaced.map(({ hash }) => hash) as KeyHash[] & [KeyHash, KeyHash, KeyHash];
}

function unacknowledged(merchantId: MerchantId, hash: KeyHash): PendingInvalidation {
  return { merchantId, hash, acknowledgedBy: new Set() };
}
