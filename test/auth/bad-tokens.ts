import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK } from 'jose';
import { type Claims, claimsWith, compactToken, hmac, type Signer, signedToken, signerFor } from './compact-token.ts';

/** The keys of a service that takes RS256 tokens, and of those who want to deceive it. */
export interface Keys {
  readonly trusted: KeyObject;
  /** What is public of the trusted key. */
  readonly publicPem: string;
  readonly foreign: KeyObject;
  readonly foreignEc: KeyObject;
}

/** A token that must be refused, made when it is needed, and what the refusal says. */
export interface BadToken {
  readonly what: string;
  readonly detail: RegExp;
  make(keys: Keys): string;
}

const NOT_ALLOWED = /^The token is signed with an algorithm that is not allowed\.$/;
const MALFORMED = /^The token is malformed: it is not a signed JWT\.$/;
const WRONG_SIGNATURE = /^The signature of the token is wrong\.$/;
const NOT_OF_THE_FORM = /^The Authorization header is not of the form "Bearer <token>"\.$/;

export function makeKeys(): Keys {
  const { privateKey: trusted, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    trusted,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    foreign: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    foreignEc: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  };
}

/** Good claims, signed (or not) in a way that the service must not believe. */
const BY_ALGORITHM: readonly (readonly [what: string, alg: unknown, signer: (keys: Keys) => Signer, RegExp])[] = [
  ...['none', 'None', 'NONE', 'nOnE'].map((alg) => [`alg ${alg}`, alg, unsigned, NOT_ALLOWED] as const),
  ['alg none with a signature', 'none', ({ trusted }) => signerFor('RS256', trusted), NOT_ALLOWED],
  ['RS256 without a signature', 'RS256', unsigned, WRONG_SIGNATURE],
  ...(['256', '384', '512'] as const).map(
    (bits) => [`HS${bits} by the public key`, `HS${bits}`, byPublicKey(`sha${bits}`), NOT_ALLOWED] as const,
  ),
  ['HS256 by the public key, trimmed', 'HS256', ({ publicPem }) => hmac(publicPem.trimEnd()), NOT_ALLOWED],
  ['RS256 that is an HMAC by the public key', 'RS256', byPublicKey('sha256'), WRONG_SIGNATURE],
  ['an algorithm outside JWT_ALGORITHMS', 'RS512', ({ trusted }) => signerFor('RS512', trusted), NOT_ALLOWED],
  ['another padding than the allowed one', 'PS256', ({ trusted }) => signerFor('PS256', trusted), NOT_ALLOWED],
  ['an algorithm of another key kind', 'ES256', ({ foreignEc }) => signerFor('ES256', foreignEc), NOT_ALLOWED],
  ['an unknown algorithm', 'XX999', unsigned, NOT_ALLOWED],
  ['the algorithm in lower case', 'rs256', ({ trusted }) => signerFor('RS256', trusted), NOT_ALLOWED],
  ['no algorithm', undefined, ({ trusted }) => signerFor('RS256', trusted), MALFORMED],
  ['a list of algorithms', ['RS256'], ({ trusted }) => signerFor('RS256', trusted), MALFORMED],
  ['the key of somebody else', 'RS256', ({ foreign }) => signerFor('RS256', foreign), WRONG_SIGNATURE],
];

const OTHER_AUDIENCE = /^The token is for another audience\.$/;
const OTHER_ISSUER = /^The token is from another issuer\.$/;
const EXPIRED = /^The token has expired\.$/;

/** Claims that are wrong beside the good ones, in a token whose signature is right. */
const BY_CLAIM: readonly (readonly [what: string, claims: (nowS: number) => object, detail: RegExp])[] = [
  ['another audience', () => ({ aud: 'somebody else' }), OTHER_AUDIENCE],
  ['a list of other audiences', () => ({ aud: ['a', 'b'] }), OTHER_AUDIENCE],
  ['a number as the audience', () => ({ aud: 1 }), OTHER_AUDIENCE],
  ['an object as the audience', () => ({ aud: { 'iterapay-keys-test': 1 } }), OTHER_AUDIENCE],
  ['no audience', () => ({ aud: undefined }), missing('aud')],
  ['another issuer', () => ({ iss: 'https://login.test.example' }), OTHER_ISSUER],
  ['the issuer with a slash', () => ({ iss: 'https://login.test/' }), OTHER_ISSUER],
  ['a list as the issuer', () => ({ iss: ['https://login.test'] }), OTHER_ISSUER],
  ['no issuer', () => ({ iss: undefined }), missing('iss')],
  ['no expiry', () => ({ exp: undefined }), missing('exp')],
  ['null as the expiry', () => ({ exp: null }), invalid('exp')],
  ['a text as the expiry', (nowS) => ({ exp: String(nowS + 600) }), invalid('exp')],
  ['a date as the expiry', (nowS) => ({ exp: new Date((nowS + 600) * 1000) }), invalid('exp')],
  ['an expiry 6 seconds ago', (nowS) => ({ exp: nowS - 6 }), EXPIRED],
  ['an expiry long ago', () => ({ exp: 1 }), EXPIRED],
  ['an expiry before 1970', () => ({ exp: -1 }), EXPIRED],
  ['a beginning in a minute', (nowS) => ({ nbf: nowS + 60 }), /^The token is not valid yet\.$/],
  ['a text as the beginning', (nowS) => ({ nbf: String(nowS - 60) }), invalid('nbf')],
  ['a text as the time of issue', () => ({ iat: 'now' }), invalid('iat')],
];

/** What is done to a good token. */
const BY_CHANGE: readonly (readonly [what: string, change: (token: string) => string, detail: RegExp])[] = [
  ['claims changed after signing', withOtherClaims, WRONG_SIGNATURE],
  ['a signature cut short', (token) => token.slice(0, -4), WRONG_SIGNATURE],
  ['more after the signature', (token) => `${token}AAAA`, WRONG_SIGNATURE],
  ['a fourth part', (token) => `${token}.AAAA`, MALFORMED],
  ['five parts, like an encrypted token', (token) => `${token}.AAAA.AAAA`, MALFORMED],
  ['one part missing', (token) => token.slice(0, token.lastIndexOf('.')), MALFORMED],
  ['three empty parts', () => '..', MALFORMED],
  ['a word after the token', (token) => `${token} garbage`, NOT_OF_THE_FORM],
  ['a sign that no token has', (token) => `${token}%`, NOT_OF_THE_FORM],
  ['8193 characters', (token) => token.padEnd(8193, 'A'), /^The token is longer than 8192 characters\.$/],
];

/** Headers and payloads that are malformed although their signature is right. */
const BY_PART: readonly (readonly [what: string, header: Claims, payload: Claims | undefined])[] = [
  ['a header that is no JSON', 'header', undefined],
  ['a header that is a list', '["RS256"]', undefined],
  ['a critical extension', { alg: 'RS256', crit: ['exp'], exp: 1 }, undefined],
  ['a critical extension that is not there', { alg: 'RS256', crit: ['x'] }, undefined],
  ['an empty list of critical extensions', { alg: 'RS256', crit: [] }, undefined],
  ['an unencoded payload', { alg: 'RS256', crit: ['b64'], b64: false }, undefined],
  ['a payload that is no JSON', { alg: 'RS256' }, 'claims'],
  ['a payload that is a list', { alg: 'RS256' }, '[1]'],
  ['a payload that is a text', { alg: 'RS256' }, '"m1"'],
  ['a payload that is null', { alg: 'RS256' }, 'null'],
  ['an empty payload', { alg: 'RS256' }, ''],
];

export const BAD_TOKENS: readonly BadToken[] = [
  ...BY_ALGORITHM.map(
    ([what, alg, signer, detail]): BadToken => ({
      what,
      detail,
      make: (keys) => compactToken({ alg }, claimsWith(), signer(keys)),
    }),
  ),
  ...BY_CLAIM.map(
    ([what, claims, detail]): BadToken => ({
      what,
      detail,
      make: ({ trusted }) => signedToken('RS256', trusted, { ...claims(Math.floor(Date.now() / 1000)) }),
    }),
  ),
  ...BY_CHANGE.map(
    ([what, change, detail]): BadToken => ({
      what,
      detail,
      make: ({ trusted }) => change(signedToken('RS256', trusted)),
    }),
  ),
  ...BY_PART.map(
    ([what, header, payload]): BadToken => ({
      what,
      detail: MALFORMED,
      make: ({ trusted }) => compactToken(header, payload ?? claimsWith(), signerFor('RS256', trusted)),
    }),
  ),
];

/** Tokens that bring, or point to, the key that they are signed with (RFC 8725 section 3.10). */
export async function tokensWithTheirOwnKey({ foreign }: Keys, keysUrl: string): Promise<readonly string[]> {
  const { kty, n, e } = await exportJWK(foreign);
  const headers = [{ jwk: { kty, n, e } }, { jku: keysUrl }, { x5u: keysUrl }, { x5c: ['MIIB'] }, { kid: keysUrl }];
  return headers.map((header) => signedToken('RS256', foreign, {}, header));
}

function unsigned(): Signer {
  return () => Buffer.alloc(0);
}

function byPublicKey(hash: string): (keys: Keys) => Signer {
  return ({ publicPem }) => hmac(publicPem, hash);
}

function withOtherClaims(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = JSON.stringify(claimsWith({ merchant_id: 'm2' }));
  return `${header}.${Buffer.from(claims).toString('base64url')}.${signature}`;
}

function missing(claim: string): RegExp {
  return new RegExp(`^The token has no ${claim} claim\\.$`);
}

function invalid(claim: string): RegExp {
  return new RegExp(`^The ${claim} claim of the token is invalid\\.$`);
}
