import { SignJWT } from 'jose';

/** The JWT settings of a service whose tokens {@link signToken} makes. */
export const JWT_ENVIRONMENT = {
  JWT_HS256_SECRET: 'a secret for tests that is long enough for HS256',
  JWT_ISSUER: 'https://login.test',
  JWT_AUDIENCE: 'iterapay-keys-test',
} as const;

/** Settings of a service that takes these tokens, and needs no token for Validate. */
export const TEST_SETTINGS = { ...JWT_ENVIRONMENT, VALIDATE_AUTH: 'none' } as const;

/** A login token as {@link JWT_ENVIRONMENT} wants it; `claims` replace or add to the good ones. */
export async function signToken(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  const good = {
    iss: JWT_ENVIRONMENT.JWT_ISSUER,
    aud: JWT_ENVIRONMENT.JWT_AUDIENCE,
    iat: nowS,
    exp: nowS + 600,
    merchant_id: '*',
  };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(JWT_ENVIRONMENT.JWT_HS256_SECRET));
}

/** The value of an `authorization` header with such a token. */
export async function bearer(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return `Bearer ${await signToken(claims)}`;
}
