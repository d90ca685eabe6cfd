import { expect } from 'chai';
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/token-verifier.ts';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { claimsWith, compactToken, hmac } from './compact-token.ts';

const { JWT_HS256_SECRET: SECRET, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = JWT_ENVIRONMENT;
/** As many checked tokens as are remembered. */
const REMEMBERED = 10_000;

const KEYS = {
  right: new TextEncoder().encode(SECRET),
  other: new TextEncoder().encode('a secret that signed none of these tokens'),
};

function authorizationFor(claims: Readonly<Record<string, unknown>> = {}): readonly string[] {
  return [`Bearer ${compactToken({ alg: 'HS256' }, claimsWith(claims), hmac(SECRET))}`];
}

function expiryIn(seconds: number): { readonly exp: number } {
  return { exp: Math.floor(Date.now() / 1000) + seconds };
}

async function refusalOf(verification: Promise<unknown>): Promise<string> {
  const thrown = await verification.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(ServiceError);
  return (thrown as ServiceError).message;
}

describe('A token that was checked', () => {
  let clock: ManualClock;
  let verifier: TokenVerifier;
  /** How often a signature was checked: each time needs the key. */
  let checks: number;
  let key: Uint8Array;

  beforeEach(() => {
    clock = createManualClock();
    checks = 0;
    key = KEYS.right;
    const askKey = async () => {
      checks++;
      return key;
    };
    verifier = createTokenVerifier({
      tokenKey: { key: askKey, algorithms: ['HS256'] },
      issuer,
      audience,
      merchantClaim: 'merchant_id',
      keyFormat: createKeyFormat('ipa_live_'),
      clock: clock.moment,
    });
  });

  it('is believed for a minute without another check, and gives the same bearer', async () => {
    const authorization = authorizationFor({ merchant_id: ['m1'], scope: 'keys.validate' });

    const first = await verifier.verify(authorization);
    clock.advance(59_990);
    const second = await verifier.verify(authorization);

    expect(checks).to.equal(1);
    expect(second).to.deep.equal(first);
    expect([...second.scopes]).to.deep.equal(['keys.validate']);
  });

  it('is checked again after a minute, however long it is valid and however often it is used', async () => {
    const authorization = authorizationFor(expiryIn(86_400));

    await verifier.verify(authorization);
    for (let second = 0; second < 59; second++) {
      clock.advance(1_000);
      await verifier.verify(authorization);
    }
    expect(checks).to.equal(1);
    clock.advance(1_010);
    key = KEYS.other;
    const refusal = await refusalOf(verifier.verify(authorization));

    expect(checks).to.equal(2);
    expect(refusal).to.equal('The signature of the token is wrong.');
  });

  it('is not believed beyond its expiry: then it is checked again, and refused after the tolerance', async () => {
    const authorization = authorizationFor(expiryIn(10));

    await verifier.verify(authorization);
    clock.advance(8_900);
    await verifier.verify(authorization);
    expect(checks).to.equal(1);
    clock.advance(1_200);
    await verifier.verify(authorization);
    expect(checks).to.equal(2);
    clock.advance(5_000);
    const refusal = await refusalOf(verifier.verify(authorization));

    expect(refusal).to.equal('The token has expired.');
  });

  it('is checked every time between its expiry and the end of the tolerance', async () => {
    const authorization = authorizationFor(expiryIn(-2));

    for (let use = 0; use < 3; use++) await verifier.verify(authorization);

    expect(checks).to.equal(3);
  });

  it('is remembered by all its characters: the signature of another token is checked', async () => {
    const [value = ''] = authorizationFor();
    const [other = ''] = authorizationFor({ sub: 'somebody else' });
    const mixed = `${value.slice(0, value.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;

    await verifier.verify([value]);
    const refusal = await refusalOf(verifier.verify([mixed]));

    expect(refusal).to.equal('The signature of the token is wrong.');
  });

  it('is not remembered when it was refused, neither as good nor as bad', async () => {
    const authorization = authorizationFor();

    key = KEYS.other;
    for (let use = 0; use < 2; use++) {
      expect(await refusalOf(verifier.verify(authorization))).to.equal('The signature of the token is wrong.');
    }
    key = KEYS.right;
    const { anyMerchant } = await verifier.verify(authorization);

    expect(checks).to.equal(3);
    expect(anyMerchant).to.equal(true);
  });

  it(`is forgotten when ${REMEMBERED} others were used since: the memory is bounded`, async () => {
    const tokens = Array.from({ length: REMEMBERED + 1 }, (_, jti) => authorizationFor({ jti: String(jti) }));
    const [first = [], second = []] = tokens;

    for (const authorization of tokens.slice(0, REMEMBERED)) await verifier.verify(authorization);
    await verifier.verify(first);
    expect(checks).to.equal(REMEMBERED);
    await verifier.verify(tokens[REMEMBERED] ?? []);
    await verifier.verify(first);
    expect(checks).to.equal(REMEMBERED + 1);
    await verifier.verify(second);

    expect(checks).to.equal(REMEMBERED + 2);
  });
});
