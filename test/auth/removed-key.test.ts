import { expect } from 'chai';
import { createKeySet, tokenAgeMs } from '../../src/auth/key-set.ts';
import { createTokenVerifier } from '../../src/auth/token-verifier.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { claimsWith, compactToken, hmac } from './compact-token.ts';
import { SECRET, setOf } from './set-of-kids.ts';

describe('A key that was taken out of the published set', () => {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = JWT_ENVIRONMENT;
  const maxAgeMs = SETTINGS.JWT_JWKS_MAX_AGE_MS.parse(undefined);
  const token = compactToken({ alg: 'HS256', kid: 'k1' }, claimsWith({ exp: 9_999_999_999 }), hmac(SECRET));
  let clock: ManualClock;

  beforeEach(() => {
    clock = createManualClock();
  });

  /** Milliseconds from the key's end to the last time that its token was believed; calls come at the two intervals in turn. */
  async function survivalMs(removedAtMs: number, intervalsMs: readonly number[]): Promise<number> {
    let kids = ['k1'];
    const key = createKeySet(async () => setOf(kids), {
      maxAgeMs,
      staleMs: SETTINGS.JWT_JWKS_STALE_MS.parse(undefined),
      clock: clock.moment,
      observer: { fetched: () => {}, fetchFailed: () => {} },
    });
    const tokenKey = { key, algorithms: ['HS256'], maxTokenAgeMs: tokenAgeMs(maxAgeMs) };
    const keyFormat = createKeyFormat('ipa_live_');
    const verifier = createTokenVerifier({
      tokenKey,
      issuer,
      audience,
      merchantClaim: 'merchant_id',
      keyFormat,
      clock: clock.moment,
    });
    const startedAtMs = clock.nowMs();
    for (let lastMs = 0, call = 0; ; call++) {
      const elapsedMs = clock.nowMs() - startedAtMs;
      if (elapsedMs >= removedAtMs) kids = ['k2'];
      try {
        await verifier.verify([`Bearer ${token}`]);
        lastMs = elapsedMs;
      } catch (error) {
        expect(error).to.have.property('message', 'The token is signed with a key that is not known.');
        return lastMs - removedAtMs;
      }
      clock.advance(intervalsMs[call % intervalsMs.length] ?? 0);
    }
  }

  it('is gone within a minute with the default settings, whenever it was taken out and however calls come', async () => {
    const survivals: number[] = [];
    const intervalsMs = [500, 7_000, 14_900, 15_100, 20_100, 29_000, 44_900, 45_100, 59_000];
    for (const firstMs of intervalsMs) {
      for (const secondMs of intervalsMs) {
        for (const removedAtMs of [1, 14_000, 20_500, 35_000, 61_000, 100_000]) {
          survivals.push(await survivalMs(removedAtMs, [firstMs, secondMs]));
        }
      }
    }

    expect(Math.max(...survivals)).to.be.within(50_000, 60_000);
  });
});
