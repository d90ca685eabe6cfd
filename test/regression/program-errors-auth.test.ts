import { expect } from 'chai';
import { errors, type JWTVerifyGetKey } from 'jose';
import { createKeySet } from '../../src/auth/key-set.ts';
import { readMoment } from '../../src/auth/moment.ts';
import { createTokenVerifier } from '../../src/auth/token-verifier.ts';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { claimsWith, compactToken, hmac } from '../auth/compact-token.ts';
import { rejectionOf } from '../unit/rejection.ts';

const { JWT_HS256_SECRET: SECRET, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = JWT_ENVIRONMENT;
const AUTHORIZATION = [`Bearer ${compactToken({ alg: 'HS256' }, claimsWith({}), hmac(SECRET))}`];

/** What the check of a good token throws, with this key. */
function refusal(key: JWTVerifyGetKey): Promise<unknown> {
  const verifier = createTokenVerifier({
    tokenKey: { key, algorithms: ['HS256'] },
    issuer,
    audience,
    merchantClaim: 'merchant_id',
    keyFormat: createKeyFormat('ipa_live_'),
    clock: readMoment,
  });
  return rejectionOf(verifier.verify(AUTHORIZATION));
}

function keySetWith(download: () => Promise<JWTVerifyGetKey>): JWTVerifyGetKey {
  const observer = { fetched: () => undefined, fetchFailed: () => undefined };
  return createKeySet(download, { maxAgeMs: 1_000, staleMs: 1_000, clock: readMoment, observer });
}

describe('The check of a token', () => {
  it('throws unavailable where the published keys cannot be fetched', async () => {
    // What `fetch` throws of a server that is away is a TypeError too.
    const away = new TypeError('fetch failed');

    const thrown = await refusal(keySetWith(() => Promise.reject(away)));

    expect(thrown).to.be.instanceOf(ServiceError).and.include({ code: 'unavailable' });
  });

  it('throws unauthenticated where the published keys have none for it', async () => {
    const empty = keySetWith(async () => () => Promise.reject(new errors.JWKSNoMatchingKey()));

    const thrown = await refusal(empty);

    expect(thrown).to.be.instanceOf(ServiceError).and.include({ code: 'unauthenticated' });
  });

  it('lets an error of this program through as it is', async () => {
    const programError = new TypeError('undefined is not a function');

    const thrown = await refusal(keySetWith(async () => () => Promise.reject(programError)));

    expect(thrown).to.equal(programError);
  });
});
