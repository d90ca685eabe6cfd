import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import { ConfigError, type JwtConfig, type KeySetConfig } from '../config/config.ts';
import { createKeySet, type KeySetOptions, tokenAgeMs } from './key-set.ts';
import { downloadKeySet } from './key-set-download.ts';
import { MIN_RSA_BITS } from './rsa-key-size.ts';

/** What signatures are checked with: the key, or where to find it, and the algorithms that are allowed with it. */
export interface TokenKey {
  readonly key: KeyObject | Uint8Array | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  /** How long a token that was checked with it may be believed, in milliseconds; undefined where it cannot change. */
  readonly maxTokenAgeMs?: number;
}

export type PublishedKeysOptions = Pick<KeySetOptions, 'clock' | 'observer'>;

/** Algorithms that fit a published key set of any kind; symmetric ones must never be among them (RFC 8725, 2.1). */
const JWKS_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/**
 * Finds the key that the configuration names.
 *
 * @param options for a published key set
 * @throws ConfigError when the file cannot be used, or the algorithms don't fit its key
 */
export function loadTokenKey({ key, algorithms }: JwtConfig, options: PublishedKeysOptions): TokenKey {
  switch (key.kind) {
    case 'hs256':
      return { key: new TextEncoder().encode(key.secret), algorithms: algorithms ?? ['HS256'] };
    case 'jwks':
      return publishedKeys(key, algorithms ?? JWKS_ALGORITHMS, options);
    case 'publicKeyFile': {
      const publicKey = readPublicKey(key.path);
      const fitting = algorithmsFor(publicKey);
      const unfit = algorithms?.filter((algorithm) => !fitting.allowed.includes(algorithm)) ?? [];
      if (unfit.length > 0) {
        throw new ConfigError(`JWT_ALGORITHMS: the key in JWT_PUBLIC_KEY_FILE allows ${fitting.allowed.join(', ')}.`);
      }
      return { key: publicKey, algorithms: algorithms ?? fitting.defaults };
    }
  }
}

function publishedKeys(config: KeySetConfig, algorithms: readonly string[], options: PublishedKeysOptions): TokenKey {
  const { url, timeoutMs, maxBytes, maxAgeMs, staleMs } = config;
  const download = async () => createLocalJWKSet(await downloadKeySet(url, { timeoutMs, maxBytes, algorithms }));
  return {
    key: createKeySet(download, { maxAgeMs, staleMs, ...options }),
    algorithms,
    maxTokenAgeMs: tokenAgeMs(maxAgeMs),
  };
}

function readPublicKey(path: string): KeyObject {
  try {
    return createPublicKey(readFileSync(path));
  } catch (cause) {
    throw new ConfigError('JWT_PUBLIC_KEY_FILE: must name a readable PEM file with a public key.', { cause });
  }
}

function algorithmsFor(key: KeyObject): { readonly allowed: readonly string[]; readonly defaults: readonly string[] } {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const kind = namedCurve ?? key.asymmetricKeyType;
  switch (kind) {
    case 'rsa':
      if ((modulusLength ?? 0) < MIN_RSA_BITS) break;
      return { allowed: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'], defaults: ['RS256', 'PS256'] };
    case 'prime256v1':
      return { allowed: ['ES256'], defaults: ['ES256'] };
    case 'secp384r1':
      return { allowed: ['ES384'], defaults: ['ES384'] };
    case 'secp521r1':
      return { allowed: ['ES512'], defaults: ['ES512'] };
    case 'ed25519':
      return { allowed: ['EdDSA', 'Ed25519'], defaults: ['EdDSA', 'Ed25519'] };
  }
  throw new ConfigError(
    `JWT_PUBLIC_KEY_FILE: must hold an RSA key of at least ${MIN_RSA_BITS} bits, an EC key on P-256, P-384 or P-521, ` +
      'or an Ed25519 key.',
  );
}
