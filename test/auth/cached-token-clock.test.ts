import { expect } from 'chai';
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/token-verifier.ts';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { JWT_ENVIRONMENT, signToken } from '../../testkit/service/tokens.ts';

const TOLERANCE_S = 5;

describe('A token that was checked, on a machine whose wall clock jumps', () => {
  let clock: ManualClock;
  let verifier: TokenVerifier;
  let checks: number;

  beforeEach(() => {
    clock = createManualClock();
    checks = 0;
    const key = async () => {
      checks++;
      return new TextEncoder().encode(JWT_ENVIRONMENT.JWT_HS256_SECRET);
    };
    verifier = createTokenVerifier({
      tokenKey: { key, algorithms: ['HS256'] },
      issuer: JWT_ENVIRONMENT.JWT_ISSUER,
      audience: JWT_ENVIRONMENT.JWT_AUDIENCE,
      merchantClaim: 'merchant_id',
      keyFormat: createKeyFormat('ipa_live_'),
      clock: clock.moment,
    });
  });

  it('is not believed beyond its expiry, as after the machine was asleep', async () => {
    const exp = Math.floor(clock.moment().wallMs / 1000) + 30;
    const authorization = [`Bearer ${await signToken({ exp })}`];
    const { expiresAtMs } = await verifier.verify(authorization);

    clock.setWall((exp + TOLERANCE_S) * 1000);
    const thrown: unknown = await verifier.verify(authorization).catch((error: unknown) => error);

    expect(expiresAtMs).to.equal(exp * 1000);
    expect(thrown).to.be.instanceOf(ServiceError).and.to.include({ code: 'unauthenticated' });
    expect(thrown).to.have.property('message', 'The token has expired.');
  });

  it('is checked again after a minute, though the wall clock was set back', async () => {
    const authorization = [`Bearer ${await signToken()}`];
    await verifier.verify(authorization);

    clock.advance(60_000);
    clock.setWall(clock.moment().wallMs - 60_000);
    await verifier.verify(authorization);

    expect(checks).to.equal(2);
  });
});
