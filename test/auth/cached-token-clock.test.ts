import { mock } from 'node:test';
import { expect } from 'chai';
import { createTokenVerifier } from '../../src/auth/token-verifier.ts';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { JWT_ENVIRONMENT, signToken } from '../../testkit/service/tokens.ts';

const TOLERANCE_S = 5;

describe('A token that was checked, on a machine whose wall clock jumps', () => {
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: Date.now() }));

  afterEach(() => mock.timers.reset());

  it('is not believed beyond its expiry, as after the machine was asleep', async () => {
    const verifier = createTokenVerifier({
      tokenKey: { key: new TextEncoder().encode(JWT_ENVIRONMENT.JWT_HS256_SECRET), algorithms: ['HS256'] },
      issuer: JWT_ENVIRONMENT.JWT_ISSUER,
      audience: JWT_ENVIRONMENT.JWT_AUDIENCE,
      merchantClaim: 'merchant_id',
      keyFormat: createKeyFormat('ipa_live_'),
    });
    const exp = Math.floor(Date.now() / 1000) + 30;
    const authorization = [`Bearer ${await signToken({ exp })}`];
    const { expiresAtMs } = await verifier.verify(authorization);

    mock.timers.setTime((exp + TOLERANCE_S) * 1000);
    const thrown: unknown = await verifier.verify(authorization).catch((error: unknown) => error);

    expect(expiresAtMs).to.equal(exp * 1000);
    expect(thrown).to.be.instanceOf(ServiceError).and.to.include({ code: 'unauthenticated' });
    expect(thrown).to.have.property('message', 'The token has expired.');
  });
});
