import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat } from '../../src/core/api-key.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import { createFillToken, decodeEntry, encodeVerdict, redisKey } from '../../src/store/redis/entry.ts';

const merchantId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/).map((text) => text as MerchantId);
const revokedAt = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

/** A verdict that may be cached. */
const verdict: fc.Arbitrary<KeyState> = fc.oneof(
  merchantId.map((id): KeyState => ({ status: 'active', merchantId: id })),
  revokedAt.map((date): KeyState => ({ status: 'revoked', revokedAt: date })),
);

describe('A cache entry', () => {
  it('returns every verdict that was written', () => {
    fc.assert(
      fc.property(verdict, (state) => {
        const text = encodeVerdict(state);

        expect(decodeEntry(text ?? '')).to.deep.equal(state);
      }),
    );
  });

  it('is not written for an unknown key, so that guessed keys cannot fill the cache', () => {
    const text = encodeVerdict({ status: 'unknown' });

    expect(text).to.equal(undefined);
  });

  it('is no verdict while it is a fill token', () => {
    const tokens = Array.from({ length: 1_000 }, createFillToken);

    const entries = tokens.map(decodeEntry);

    expect(entries).to.deep.equal(Array(1_000).fill({ status: 'filling' }));
  });

  it('is never taken for a verdict when it is none', () => {
    const texts = ['', 'r', 'rx', 'r-1', 'r1.5', 'r1e3', 'r 1', `r${'9'.repeat(16)}`, 'R1', 'V m1', ' vm1', 'x', '{}'];

    const entries = texts.map(decodeEntry);

    expect(entries).to.deep.equal(texts.map(() => ({ status: 'filling' })));
  });

  it('has a token of its own for each fill', () => {
    const tokens = new Set(Array.from({ length: 10_000 }, createFillToken));

    expect(tokens.size).to.equal(10_000);
  });

  it('stands under the generation and the hash, and says nothing of the plaintext key', () => {
    const key = createKeyFormat('ipa_live_').generate();
    const [one, other] = ['g1', 'g2'].map((id) => redisKey({ generation: id as Generation, hash: key.hash }));

    expect(one).to.not.equal(other);
    expect(one).to.include(key.hash);
    expect(one).to.not.include(key.visiblePrefix);
  });
});
