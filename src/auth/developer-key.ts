import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { ConfigError } from '../config.ts';
import type { TokenKey } from './token-key.ts';

/** The issuer and the audience of developer-mode tokens. */
export const DEVELOPER_ISSUER = 'iterapay-keys-developer-mode';
export const DEVELOPER_AUDIENCE = 'iterapay-keys';

const ALGORITHM = 'ES256';

/** The signing key of developer mode: whoever can read the data directory can make tokens. */
export interface DeveloperKey {
  /** What its tokens are checked with. */
  readonly tokenKey: TokenKey;
  /** Signs a token with these claims, besides issuer, audience and expiry. */
  issue(claims: Readonly<Record<string, unknown>>, ttlSeconds: number): Promise<string>;
}

/**
 * Reads the key from the data directory, or makes it there, for its owner alone.
 *
 * @throws ConfigError when the directory cannot be used
 */
export function openDeveloperKey(dataDir: string): DeveloperKey {
  const privateKey = readOrMakeKey(dataDir);
  return {
    tokenKey: { key: createPublicKey(privateKey), algorithms: [ALGORITHM] },
    issue: (claims, ttlSeconds) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(DEVELOPER_ISSUER)
        .setAudience(DEVELOPER_AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${ttlSeconds}s`)
        .sign(privateKey),
  };
}

function readOrMakeKey(dataDir: string): KeyObject {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const path = join(dataDir, 'developer-key.pem');
    return readKey(path) ?? makeKey(path);
  } catch (cause) {
    throw new ConfigError(`DATA_DIR: cannot be used: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function readKey(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written aside and linked into place: of several processes that start at once, all use the key of the first. */
function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  // Not the process id: in containers that share a volume, every service may have the same.
  const aside = `${path}.${randomUUID()}`;
  writeFileSync(aside, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(aside, path);
    return privateKey;
  } catch (error) {
    const other = readKey(path);
    if (other === undefined) throw error;
    return other;
  } finally {
    rmSync(aside);
  }
}
