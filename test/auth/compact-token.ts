import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';

/** Claims as JSON values, and what is no claims at all: a text that stands for the payload as it is. */
export type Claims = Readonly<Record<string, unknown>> | string;

/** The signature (not yet encoded) of a token's signing input. */
export type Signer = (input: string) => Buffer;

/** The good claims of `JWT_ENVIRONMENT`; `claims` replace, add or (undefined) remove some. */
export function claimsWith(claims: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const nowS = Math.floor(Date.now() / 1000);
  const { JWT_ISSUER: iss, JWT_AUDIENCE: aud } = JWT_ENVIRONMENT;
  return { iss, aud, iat: nowS, exp: nowS + 600, merchant_id: '*', ...claims };
}

/** A compact token (RFC 7515 section 3.1) made by hand: a library would refuse to make most of the bad ones. */
export function compactToken(header: Claims, claims: Claims, signer: Signer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

/** Signs with the secret: HS256, HS384 or HS512. */
export function hmac(secret: string, hash = 'sha256'): Signer {
  return (input) => createHmac(hash, secret).update(input).digest();
}

/** Signs as the algorithm (RFC 7518 section 3.1, RFC 8037, RFC 9864) says. */
export function signerFor(algorithm: string, key: KeyObject): Signer {
  const hash = /^(?:RS|PS|ES)(\d{3})$/.exec(algorithm)?.[1];
  const padding = algorithm.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const isRsa = key.asymmetricKeyType === 'rsa';
  return (input) =>
    sign(hash === undefined ? null : `sha${hash}`, Buffer.from(input), {
      key,
      dsaEncoding: 'ieee-p1363',
      ...(isRsa && { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
    });
}

/** A token whose header names the algorithm and `header`, with good claims besides `claims`. */
export function signedToken(
  algorithm: string,
  key: KeyObject,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  return compactToken({ alg: algorithm, ...header }, claimsWith(claims), signerFor(algorithm, key));
}

function encode(part: Claims): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}
