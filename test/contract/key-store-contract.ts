import { expect } from 'chai';
import { createKeyFormat, type KeyHash } from '../../src/core/api-key.ts';
import { type KeyStore, type NewKey, REVOKED_KEYS_KEPT } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';

/** Opens stores on the same, initially empty data. */
export interface StoreFixture {
  /** Another store object on the data, as another process would have it. */
  open(): Promise<KeyStore>;
  /** Closes every store that was opened and removes the data. */
  dispose(): Promise<void>;
}

const MERCHANT = 'm1' as MerchantId;
const OTHER_MERCHANT = 'm2' as MerchantId;
const REVOKED_AT = new Date('2026-02-03T04:05:06.789Z');
const keyFormat = createKeyFormat('ipa_live_');

/** A new key, made at the given second of a fixed minute. */
function newKey(second = 0): NewKey {
  const { hash, visiblePrefix } = keyFormat.generate();
  return { hash, visiblePrefix, createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second, 123)) };
}

/** The promises of the port {@link KeyStore}, checked on any implementation. */
export function describeKeyStoreContract(name: string, createFixture: () => Promise<StoreFixture>): void {
  describe(`${name} keeps the promises of a key store`, () => {
    let fixture: StoreFixture;
    let store: KeyStore;

    beforeEach(async () => {
      fixture = await createFixture();
      store = await fixture.open();
    });

    afterEach(() => fixture.dispose());

    describeActivation(() => store);
    describeRevocation(() => store);
    describeUses(() => store);
    describeSharing(
      () => store,
      () => fixture,
    );
  });
}

function describeActivation(store: () => KeyStore): void {
  describe('activate', () => {
    it('makes a key active and describes it to the millisecond', async () => {
      const key = newKey();

      await store().activate(MERCHANT, key);

      expect(await store().lookup(key.hash)).to.deep.equal({ status: 'active', merchantId: MERCHANT });
      expect(await store().findActive(MERCHANT)).to.deep.equal({ ...key, lastUsedAt: undefined });
    });

    it('revokes the key before it, at the time when the new one was made', async () => {
      const [old, current] = [newKey(1), newKey(2)];
      await store().activate(MERCHANT, old);

      await store().activate(MERCHANT, current);

      expect(await store().lookup(old.hash)).to.deep.equal({ status: 'revoked', revokedAt: current.createdAt });
      expect((await store().findActive(MERCHANT))?.hash).to.equal(current.hash);
    });

    it('leaves other merchants alone', async () => {
      const [one, other] = [newKey(), newKey()];
      await store().activate(MERCHANT, one);

      await store().activate(OTHER_MERCHANT, other);

      expect(await store().lookup(one.hash)).to.deep.equal({ status: 'active', merchantId: MERCHANT });
      expect(await store().lookup(other.hash)).to.deep.equal({ status: 'active', merchantId: OTHER_MERCHANT });
    });

    it('leaves one active key when many are made at once, and every other one revoked', async () => {
      const keys = Array.from({ length: 20 }, (_, second) => newKey(second));

      await Promise.all(keys.map((key) => store().activate(MERCHANT, key)));

      const states = await Promise.all(keys.map(async ({ hash }) => (await store().lookup(hash)).status));
      expect(states.filter((status) => status === 'active')).to.have.length(1);
      expect(states.filter((status) => status === 'revoked')).to.have.length(keys.length - 1);
    });

    it(`remembers the last ${REVOKED_KEYS_KEPT} revoked keys and forgets older ones`, async () => {
      const keys = Array.from({ length: REVOKED_KEYS_KEPT + 2 }, () => newKey());

      for (const key of keys) await store().activate(MERCHANT, key);

      const states = await Promise.all(keys.map(async ({ hash }) => (await store().lookup(hash)).status));
      expect(states).to.deep.equal(['unknown', ...Array(REVOKED_KEYS_KEPT).fill('revoked'), 'active']);
    });
  });
}

function describeRevocation(store: () => KeyStore): void {
  describe('revoke', () => {
    it('revokes the active key for good', async () => {
      const key = newKey();
      await store().activate(MERCHANT, key);

      const everHadKey = await store().revoke(MERCHANT, REVOKED_AT);

      expect(everHadKey).to.equal(true);
      expect(await store().lookup(key.hash)).to.deep.equal({ status: 'revoked', revokedAt: REVOKED_AT });
      expect(await store().findActive(MERCHANT)).to.equal(undefined);
    });

    it('is idempotent, and keeps the time of the first revocation', async () => {
      const key = newKey();
      await store().activate(MERCHANT, key);
      await store().revoke(MERCHANT, REVOKED_AT);

      const again = await store().revoke(MERCHANT, new Date(REVOKED_AT.getTime() + 60_000));

      expect(again).to.equal(true);
      expect(await store().lookup(key.hash)).to.deep.equal({ status: 'revoked', revokedAt: REVOKED_AT });
    });

    it('reports a merchant that never had a key', async () => {
      expect(await store().revoke(MERCHANT, REVOKED_AT)).to.equal(false);
    });

    it('is followed by a new key, while the old one stays revoked', async () => {
      const [old, current] = [newKey(), newKey()];
      await store().activate(MERCHANT, old);
      await store().revoke(MERCHANT, REVOKED_AT);

      await store().activate(MERCHANT, current);

      expect(await store().lookup(old.hash)).to.deep.equal({ status: 'revoked', revokedAt: REVOKED_AT });
      expect(await store().lookup(current.hash)).to.deep.equal({ status: 'active', merchantId: MERCHANT });
    });

    it('ends exactly the keys that were active when it and activations run at once', async () => {
      const keys = Array.from({ length: 10 }, (_, second) => newKey(second));

      await Promise.all(keys.flatMap((key) => [store().activate(MERCHANT, key), store().revoke(MERCHANT, REVOKED_AT)]));

      const active = (await store().findActive(MERCHANT))?.hash;
      for (const { hash } of keys) {
        expect((await store().lookup(hash)).status).to.equal(hash === active ? 'active' : 'revoked');
      }
    });
  });

  describe('lookup', () => {
    it('does not know a key that was never stored', async () => {
      expect(await store().lookup(newKey().hash)).to.deep.equal({ status: 'unknown' });
    });

    it('finds no active key of a merchant that has none', async () => {
      expect(await store().findActive(MERCHANT)).to.equal(undefined);
    });
  });
}

function describeUses(store: () => KeyStore): void {
  const at = (second: number) => new Date(Date.UTC(2026, 5, 1, 0, 0, second, 7));
  const use = (hash: KeyHash, second: number) => ({ hash, merchantId: MERCHANT, usedAt: at(second) });

  describe('recordUses', () => {
    it('raises the last use and never lowers it', async () => {
      const key = newKey();
      await store().activate(MERCHANT, key);

      await store().recordUses([use(key.hash, 2)]);
      await store().recordUses([use(key.hash, 1)]);

      expect((await store().findActive(MERCHANT))?.lastUsedAt).to.deep.equal(at(2));
    });

    it('writes many keys at once and leaves what is not named alone', async () => {
      const [one, other] = [newKey(), newKey()];
      await store().activate(MERCHANT, one);
      await store().activate(OTHER_MERCHANT, other);

      await store().recordUses([use(one.hash, 3), { hash: other.hash, merchantId: OTHER_MERCHANT, usedAt: at(4) }]);

      expect(await store().findActive(MERCHANT)).to.deep.equal({ ...one, lastUsedAt: at(3) });
      expect(await store().findActive(OTHER_MERCHANT)).to.deep.equal({ ...other, lastUsedAt: at(4) });
    });

    it('drops the late use of a key that was replaced, and does not touch the newer key', async () => {
      const [old, current] = [newKey(), newKey()];
      await store().activate(MERCHANT, old);
      await store().activate(MERCHANT, current);

      await store().recordUses([use(old.hash, 5)]);

      expect((await store().findActive(MERCHANT))?.lastUsedAt).to.equal(undefined);
    });

    it('drops uses of revoked and of unknown keys', async () => {
      const key = newKey();
      await store().activate(MERCHANT, key);
      await store().revoke(MERCHANT, REVOKED_AT);

      await store().recordUses([use(key.hash, 5), use(newKey().hash, 6)]);

      expect(await store().findActive(MERCHANT)).to.equal(undefined);
    });

    it('takes an empty batch', async () => {
      await store().recordUses([]);
    });
  });
}

function describeSharing(store: () => KeyStore, fixture: () => StoreFixture): void {
  describe('another store on the same data', () => {
    it('sees each change as soon as it was answered', async () => {
      const other = await fixture().open();
      for (let round = 0; round < 25; round++) {
        const key = newKey();

        await store().activate(MERCHANT, key);
        const afterActivate = await other.lookup(key.hash);
        await store().revoke(MERCHANT, REVOKED_AT);
        const afterRevoke = await other.lookup(key.hash);

        expect(afterActivate.status).to.equal('active');
        expect(afterRevoke.status).to.equal('revoked');
      }
    });

    it('still has everything after the first one was closed', async () => {
      const key = newKey();
      await store().activate(MERCHANT, key);

      await store().close();

      const reopened = await fixture().open();
      expect(await reopened.findActive(MERCHANT)).to.deep.equal({ ...key, lastUsedAt: undefined });
    });
  });

  it('is ready when it is open', async () => {
    await store().ping();
  });
}
