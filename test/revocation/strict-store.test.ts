import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { KeyStore, NewKey } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { AuthorityStore } from '../../src/revocation/authority.ts';
import { createStrictStore } from '../../src/revocation/strict-store.ts';
import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import { settled } from '../../testkit/settled.ts';
import { type WatchedPort, watchPort } from '../../testkit/watched-port.ts';
import { rejectionOf } from '../unit/rejection.ts';
import { hashOf, MERCHANT, REVOKED_AT } from './revocation-world.ts';

const KEY: NewKey = { hash: hashOf('key'), visiblePrefix: 'ipa_live_abc', createdAt: REVOKED_AT };
const NEXT_KEY: NewKey = { ...KEY, hash: hashOf('next key') };

describe('The strict store', () => {
  let authority: WatchedPort<AuthorityStore>;
  let confirmations: (readonly [MerchantId, readonly KeyHash[]])[];
  let confirmation: PromiseWithResolvers<void>;
  let store: KeyStore;

  beforeEach(() => {
    authority = watchPort(createMemoryAuthority(new Map()));
    confirmations = [];
    confirmation = Promise.withResolvers<void>();
    store = createStrictStore(authority.port, {
      confirm(...args) {
        confirmations.push(args);
        return confirmation.promise;
      },
      stop: () => undefined,
    });
  });

  const changes = [
    ['a revocation', () => store.revoke(MERCHANT, REVOKED_AT), true],
    ['the activation of another key', () => store.activate(MERCHANT, NEXT_KEY), undefined],
  ] as const;

  for (const [name, change, result] of changes) {
    it(`resolves ${name} only when everything that the merchant has pending is confirmed`, async () => {
      await authority.port.activate(MERCHANT, { ...KEY, hash: hashOf('an earlier key') });
      await authority.port.activate(MERCHANT, KEY);
      let resolved = false;
      const changing = change().then((value: unknown) => {
        resolved = true;
        return value;
      });
      await settled();
      const whileUnconfirmed = resolved;

      confirmation.resolve();

      expect(await changing).to.equal(result);
      expect(whileUnconfirmed).to.equal(false);
      expect(confirmations).to.deep.equal([[MERCHANT, [hashOf('an earlier key'), KEY.hash]]]);
    });

    it(`confirms nothing for ${name} before it is committed`, async () => {
      await authority.port.activate(MERCHANT, KEY);
      const method = name === 'a revocation' ? 'revoke' : 'activate';
      const commit = authority.holdReply(method);
      const changing = change();
      await commit.reached;
      await settled();
      const whileCommitting = [...confirmations];

      commit.release();
      confirmation.resolve();
      await changing;

      expect(whileCommitting).to.deep.equal([]);
      expect(confirmations).to.have.length(1);
    });

    it(`says of ${name} that it is unconfirmed, where that is so`, async () => {
      const failure = new ServiceError('revocation_unconfirmed', 'Not yet.');
      await authority.port.activate(MERCHANT, KEY);
      confirmation.reject(failure);

      expect(await rejectionOf(change())).to.equal(failure);
    });
  }

  it('confirms a repeated revocation again', async () => {
    await authority.port.activate(MERCHANT, KEY);
    confirmation.resolve();
    await store.revoke(MERCHANT, REVOKED_AT);

    await store.revoke(MERCHANT, REVOKED_AT);

    expect(confirmations).to.deep.equal(Array(2).fill([MERCHANT, [KEY.hash]]));
  });

  it('says of a merchant that never had a key that it never had one', async () => {
    confirmation.resolve();

    expect(await store.revoke(MERCHANT, REVOKED_AT)).to.equal(false);
  });

  it('asks the authority for everything else', async () => {
    await authority.port.activate(MERCHANT, KEY);
    const usedAt = new Date(REVOKED_AT.getTime() + 1);

    await store.recordUses([{ hash: KEY.hash, merchantId: MERCHANT, usedAt }]);
    const found = await store.findActive(MERCHANT);
    const state = await store.lookup(KEY.hash);
    await store.ping();
    await store.close();

    expect(found).to.deep.equal({ ...KEY, lastUsedAt: usedAt });
    expect(state).to.deep.equal({ status: 'active', merchantId: MERCHANT });
    expect(authority.names().slice(1)).to.deep.equal(['recordUses', 'findActive', 'lookup', 'ping', 'close']);
  });
});
