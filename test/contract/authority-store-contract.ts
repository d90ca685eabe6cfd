import { expect } from 'chai';
import { REVOKED_KEYS_KEPT } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { AuthorityStore, PendingInvalidations } from '../../src/revocation/authority.ts';
import { newKey } from './new-key.ts';

/** An authority without data. */
export interface AuthorityFixture {
  readonly authority: AuthorityStore;
  /** What is pending on the same data. */
  readonly pending: PendingInvalidations;
  dispose(): Promise<void>;
}

const MERCHANT = 'm1' as MerchantId;
const OTHER_MERCHANT = 'm2' as MerchantId;
const REVOKED_AT = new Date('2026-02-03T04:05:06.789Z');
/** Enough for a lost race of upserts to occur. */
const RACES = 40;

/** What the port {@link AuthorityStore} promises beyond a key store, checked on any implementation. */
export function describeAuthorityStoreContract(name: string, createFixture: () => Promise<AuthorityFixture>): void {
  describe(`${name} keeps the promises of an authority`, () => {
    let fixture: AuthorityFixture;

    beforeEach(async () => {
      fixture = await createFixture();
    });

    afterEach(() => fixture.dispose());

    describeActivation(() => fixture);
    describeRepeatedActivation(() => fixture);
    describeRevocation(() => fixture);
  });
}

function describeActivation(fixture: () => AuthorityFixture): void {
  describe('activate', () => {
    it('leaves nothing pending where no key was replaced', async () => {
      const { authority, pending } = fixture();

      const commit = await authority.activate(MERCHANT, newKey());

      expect(commit.pending).to.deep.equal([]);
      expect(await pending.list()).to.deep.equal([]);
    });

    it('leaves each replaced key pending, and shows all that are', async () => {
      const { authority, pending } = fixture();
      const [first, second, third] = [newKey(1), newKey(2), newKey(3)];
      await authority.activate(MERCHANT, first);

      const commits = [await authority.activate(MERCHANT, second), await authority.activate(MERCHANT, third)];

      expect(commits.map((commit) => commit.pending)).to.deep.equal([[first.hash], [first.hash, second.hash]]);
      expect(await pending.list()).to.deep.equal([
        { merchantId: MERCHANT, hash: first.hash, acknowledgedBy: new Set() },
        { merchantId: MERCHANT, hash: second.hash, acknowledgedBy: new Set() },
      ]);
    });

    it('shows what is pending of this merchant only', async () => {
      const { authority } = fixture();
      await authority.activate(OTHER_MERCHANT, newKey(1));
      await authority.activate(OTHER_MERCHANT, newKey(2));
      const old = newKey(3);
      await authority.activate(MERCHANT, old);

      const commit = await authority.activate(MERCHANT, newKey(4));

      expect(commit.pending).to.deep.equal([old.hash]);
    });

    it('leaves a replaced key pending until it is confirmed, also when its revocation is forgotten', async () => {
      const { authority } = fixture();
      const keys = Array.from({ length: REVOKED_KEYS_KEPT + 2 }, () => newKey());
      for (const key of keys.slice(0, -1)) await authority.activate(MERCHANT, key);

      const commit = await authority.activate(MERCHANT, keys[keys.length - 1] ?? newKey());

      expect((await authority.lookup(keys[0]?.hash ?? newKey().hash)).status).to.equal('unknown');
      expect(commit.pending).to.deep.equal(keys.slice(0, -1).map(({ hash }) => hash));
    });

    it('shows the replaced one of two first keys that are made at once, to whoever replaced it', async () => {
      const { authority } = fixture();
      for (let race = 0; race < RACES; race++) {
        const merchantId = `race-${race}` as MerchantId;
        const keys = [newKey(1), newKey(2)];

        const commits = await Promise.all(keys.map((key) => authority.activate(merchantId, key)));

        const active = (await authority.findActive(merchantId))?.hash;
        const replaced = keys.map(({ hash }) => hash).filter((hash) => hash !== active);
        expect(commits.flatMap(({ pending }) => pending)).to.include.members(replaced);
      }
    });
  });
}

function describeRepeatedActivation(fixture: () => AuthorityFixture): void {
  describe('activate, repeated after a lost reply', () => {
    it('changes nothing while the key is active, and shows what is pending', async () => {
      const { authority, pending } = fixture();
      const [old, key] = [newKey(1), newKey(2)];
      await authority.activate(MERCHANT, old);
      await authority.activate(MERCHANT, key);

      const commit = await authority.activate(MERCHANT, key);

      expect(commit.pending).to.deep.equal([old.hash]);
      expect(await pending.list()).to.have.length(1);
      expect(await authority.findActive(MERCHANT)).to.deep.equal({ ...key, lastUsedAt: undefined });
    });

    it('changes nothing when a newer key has replaced it, and shows what is pending', async () => {
      const { authority, pending } = fixture();
      const [key, newer] = [newKey(1), newKey(2)];
      await authority.activate(MERCHANT, key);
      await authority.activate(MERCHANT, newer);

      const commit = await authority.activate(MERCHANT, key);

      expect(commit.pending).to.deep.equal([key.hash]);
      expect(await pending.list()).to.have.length(1);
      expect(await authority.findActive(MERCHANT)).to.deep.equal({ ...newer, lastUsedAt: undefined });
      expect(await authority.lookup(newer.hash)).to.deep.equal({ status: 'active', merchantId: MERCHANT });
      expect(await authority.lookup(key.hash)).to.deep.equal({ status: 'revoked', revokedAt: newer.createdAt });
    });

    it('does not bring back a key that was revoked', async () => {
      const { authority } = fixture();
      const key = newKey();
      await authority.activate(MERCHANT, key);
      await authority.revoke(MERCHANT, REVOKED_AT);

      const commit = await authority.activate(MERCHANT, key);

      expect(commit.pending).to.deep.equal([key.hash]);
      expect(await authority.findActive(MERCHANT)).to.equal(undefined);
      expect(await authority.lookup(key.hash)).to.deep.equal({ status: 'revoked', revokedAt: REVOKED_AT });
    });
  });
}

function describeRevocation(fixture: () => AuthorityFixture): void {
  describe('revoke', () => {
    it('leaves the key pending', async () => {
      const { authority, pending } = fixture();
      const key = newKey();
      await authority.activate(MERCHANT, key);

      const commit = await authority.revoke(MERCHANT, REVOKED_AT);

      expect(commit).to.deep.equal({ pending: [key.hash], everHadKey: true });
      expect(await pending.list()).to.deep.equal([{ merchantId: MERCHANT, hash: key.hash, acknowledgedBy: new Set() }]);
    });

    it('shows what is pending from before: of an interrupted replacement too', async () => {
      const { authority } = fixture();
      const [old, current] = [newKey(1), newKey(2)];
      await authority.activate(MERCHANT, old);
      await authority.activate(MERCHANT, current);

      const commit = await authority.revoke(MERCHANT, REVOKED_AT);

      expect(commit.pending).to.deep.equal([old.hash, current.hash]);
    });

    it('shows, when it is repeated, what is still pending, and adds nothing', async () => {
      const { authority, pending } = fixture();
      const [old, key] = [newKey(1), newKey(2)];
      await authority.activate(MERCHANT, old);
      await authority.activate(MERCHANT, key);
      await authority.revoke(MERCHANT, REVOKED_AT);
      await pending.confirm(MERCHANT, [old.hash]);

      const repeated = await authority.revoke(MERCHANT, REVOKED_AT);
      await pending.confirm(MERCHANT, [key.hash]);
      const confirmed = await authority.revoke(MERCHANT, REVOKED_AT);

      expect(repeated).to.deep.equal({ pending: [key.hash], everHadKey: true });
      expect(confirmed).to.deep.equal({ pending: [], everHadKey: true });
    });

    it('leaves nothing of a merchant that never had a key', async () => {
      const { authority, pending } = fixture();

      const commit = await authority.revoke(MERCHANT, REVOKED_AT);

      expect(commit).to.deep.equal({ pending: [], everHadKey: false });
      expect(await pending.list()).to.deep.equal([]);
    });

    it('is followed by a new key, which leaves nothing further pending', async () => {
      const { authority } = fixture();
      const old = newKey(1);
      await authority.activate(MERCHANT, old);
      await authority.revoke(MERCHANT, REVOKED_AT);

      const commit = await authority.activate(MERCHANT, newKey(2));

      expect(commit.pending).to.deep.equal([old.hash]);
    });
  });
}
