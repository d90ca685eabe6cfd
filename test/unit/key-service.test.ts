import { expect } from 'chai';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { createKeyService, type KeyServiceDependencies } from '../../src/core/key-service.ts';
import type { KeyUse } from '../../src/core/key-store.ts';
import { type MerchantId, NO_MERCHANT } from '../../src/core/merchant-id.ts';
import { createKeyStoreDouble } from './key-store-double.ts';
import { rejectionOf } from './rejection.ts';

const M1 = 'm1' as MerchantId;
const M2 = 'm2' as MerchantId;
const START_MS = Date.UTC(2026, 0, 1);

/** A recorder that stores nothing. */
function createRecorderDouble(): KeyServiceDependencies['lastUsedRecorder'] & { readonly uses: readonly KeyUse[] } {
  const uses: KeyUse[] = [];
  return {
    uses,
    record: (hash, merchantId, usedAtMs) => void uses.push({ hash, merchantId, usedAt: new Date(usedAtMs) }),
    newest: (hash) => uses.findLast((use) => use.hash === hash)?.usedAt,
  };
}

function createWorld() {
  const time = { nowMs: START_MS };
  const store = createKeyStoreDouble();
  const lastUsedRecorder = createRecorderDouble();
  const keyFormat = createKeyFormat('ipa_live_');
  const service = createKeyService({ store, keyFormat, lastUsedRecorder, clock: () => time.nowMs });
  return { service, store, lastUsedRecorder, keyFormat, time };
}

describe('Validate', () => {
  it('accepts the active key of a merchant, and names the merchant', async () => {
    const { service } = createWorld();
    const key = await service.generate(M1);

    const verdicts = [await service.validate(key.reveal()), await service.validate(key.reveal(), M1)];

    expect(verdicts).to.deep.equal(Array(2).fill({ valid: true, merchantId: M1 }));
  });

  it('calls what is no key malformed without asking the store', async () => {
    const { service, store, keyFormat } = createWorld();
    const key = keyFormat.generate().reveal();
    const texts = ['', 'ipa_live_', key.slice(1), `${key}0`, key.replace('live', 'test'), 'x'.repeat(100_000)];

    const verdicts = await Promise.all(texts.map((text) => service.validate(text, M1)));

    expect(verdicts).to.deep.equal(texts.map(() => ({ valid: false, reason: 'malformed' })));
    expect(store.calls).to.deep.equal([]);
  });

  it('calls an unknown well-formed key not found, whatever merchant is expected', async () => {
    const { service, keyFormat } = createWorld();
    const key = keyFormat.generate().reveal();

    const verdicts = [await service.validate(key), await service.validate(key, M1)];

    expect(verdicts).to.deep.equal(Array(2).fill({ valid: false, reason: 'not_found' }));
  });

  it('says since when a revoked key is revoked, and puts that before a mismatch of the merchant', async () => {
    const { service, time } = createWorld();
    const key = await service.generate(M1);
    time.nowMs += 5_000;
    await service.revoke(M1);

    const verdicts = [await service.validate(key.reveal(), M1), await service.validate(key.reveal(), M2)];

    const revokedAt = new Date(START_MS + 5_000);
    expect(verdicts).to.deep.equal(Array(2).fill({ valid: false, reason: 'revoked', revokedAt }));
  });

  it('calls a replaced key revoked at the time when the new one was made', async () => {
    const { service, time } = createWorld();
    const old = await service.generate(M1);
    time.nowMs += 1;
    await service.generate(M1);

    const verdict = await service.validate(old.reveal());

    expect(verdict).to.deep.equal({ valid: false, reason: 'revoked', revokedAt: new Date(START_MS + 1) });
  });

  it('refuses the active key of another merchant, and does not say whose it is', async () => {
    const { service } = createWorld();
    const key = await service.generate(M1);

    const verdicts = [await service.validate(key.reveal(), M2), await service.validate(key.reveal(), NO_MERCHANT)];

    expect(verdicts).to.deep.equal(Array(2).fill({ valid: false, reason: 'merchant_mismatch' }));
  });

  it('counts a use at the time of the verdict', async () => {
    const { service, lastUsedRecorder, time } = createWorld();
    const key = await service.generate(M1);
    time.nowMs += 1_000;

    await service.validate(key.reveal(), M1);

    expect(lastUsedRecorder.uses).to.deep.equal([
      { hash: key.hash, merchantId: M1, usedAt: new Date(START_MS + 1_000) },
    ]);
  });

  it('counts no use where the verdict is not valid: a mismatch is none either', async () => {
    const { service, lastUsedRecorder, keyFormat } = createWorld();
    const revoked = await service.generate(M1);
    const active = await service.generate(M1);

    await service.validate('malformed');
    await service.validate(keyFormat.generate().reveal());
    await service.validate(revoked.reveal());
    await service.validate(active.reveal(), M2);

    expect(lastUsedRecorder.uses).to.deep.equal([]);
  });

  it('hands on the failure of a store that cannot answer: it never becomes a verdict', async () => {
    const { service, store, lastUsedRecorder } = createWorld();
    const key = await service.generate(M1);
    store.failure = new ServiceError('unavailable', 'not now');

    const reason = await rejectionOf(service.validate(key.reveal()));

    expect(reason).to.equal(store.failure);
    expect(lastUsedRecorder.uses).to.deep.equal([]);
  });
});

describe('Generate', () => {
  it('stores the hash and the visible prefix of the key that it returns, and the time', async () => {
    const { service, store } = createWorld();

    const key = await service.generate(M1);

    const { hash, visiblePrefix } = key;
    const createdAt = new Date(START_MS);
    expect(await store.findActive(M1)).to.deep.equal({ hash, visiblePrefix, createdAt, lastUsedAt: undefined });
  });

  it('makes a new key each time, the only active one of its merchant', async () => {
    const { service } = createWorld();
    const first = await service.generate(M1);
    const other = await service.generate(M2);

    const second = await service.generate(M1);

    const verdicts = await Promise.all([first, other, second].map((key) => service.validate(key.reveal())));
    expect(verdicts.map(({ valid }) => valid)).to.deep.equal([false, true, true]);
  });

  it('hands out no key when the store fails', async () => {
    const { service, store } = createWorld();
    store.failure = new ServiceError('outcome_unknown', 'perhaps');

    const reason = await rejectionOf(service.generate(M1));

    expect(reason).to.equal(store.failure);
  });
});

describe('Info', () => {
  it('describes the active key, which was never used at first', async () => {
    const { service } = createWorld();
    const { hash, visiblePrefix } = await service.generate(M1);

    const info = await service.info(M1);

    expect(info).to.deep.equal({ hash, visiblePrefix, createdAt: new Date(START_MS), lastUsedAt: undefined });
  });

  it('shows a use that is not stored yet', async () => {
    const { service, time } = createWorld();
    const key = await service.generate(M1);
    time.nowMs += 1_000;
    await service.validate(key.reveal());

    const info = await service.info(M1);

    expect(info.lastUsedAt).to.deep.equal(new Date(START_MS + 1_000));
  });

  for (const [storedMs, unwrittenMs] of [
    [1_000, 2_000],
    [2_000, 1_000],
    [2_000, undefined],
    [2_000, 2_000],
  ] as const) {
    it(`shows the newest use: stored at ${storedMs}, not stored yet at ${unwrittenMs}`, async () => {
      const { service, store, lastUsedRecorder } = createWorld();
      const { hash } = await service.generate(M1);
      await store.recordUses([{ hash, merchantId: M1, usedAt: new Date(START_MS + storedMs) }]);
      if (unwrittenMs !== undefined) lastUsedRecorder.record(hash, M1, START_MS + unwrittenMs);

      const info = await service.info(M1);

      expect(info.lastUsedAt).to.deep.equal(new Date(START_MS + 2_000));
    });
  }

  it('does not take the use of a replaced key for one of the new key', async () => {
    const { service } = createWorld();
    const old = await service.generate(M1);
    await service.validate(old.reveal());
    await service.generate(M1);

    const info = await service.info(M1);

    expect(info.lastUsedAt).to.equal(undefined);
  });

  it('is not found where the merchant never had a key, or has none any more', async () => {
    const { service } = createWorld();
    await service.generate(M1);
    await service.revoke(M1);

    const reasons = [await rejectionOf(service.info(M1)), await rejectionOf(service.info('m3' as MerchantId))];

    for (const reason of reasons) expect(reason).to.be.instanceOf(ServiceError).with.property('code', 'not_found');
  });
});

describe('Revoke', () => {
  it('may be repeated, and reaches the store each time, so that each call confirms it again', async () => {
    const { service, store } = createWorld();
    const key = await service.generate(M1);

    await service.revoke(M1);
    await service.revoke(M1);

    expect(store.calls.filter((name) => name === 'revoke')).to.have.length(2);
    expect(await service.validate(key.reveal())).to.include({ valid: false, reason: 'revoked' });
  });

  it('is not found where the merchant never had a key', async () => {
    const { service } = createWorld();
    await service.generate(M1);

    const reason = await rejectionOf(service.revoke(M2));

    expect(reason).to.be.instanceOf(ServiceError).with.property('code', 'not_found');
  });
});
