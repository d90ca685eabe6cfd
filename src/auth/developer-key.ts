import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SignJWT } from 'jose';
import { StartError } from '../core/start-error.ts';
import { readPrivateFile } from './private-file.ts';
import type { TokenKey } from './token-key.ts';

/** The issuer and the audience of developer-mode tokens. */
export const DEVELOPER_ISSUER = 'iterapay-keys-developer-mode';
export const DEVELOPER_AUDIENCE = 'iterapay-keys';

const ALGORITHM = 'ES256';
const CURVE = 'prime256v1';

/** Who may write to a folder besides its owner. */
const OTHERS_WRITE = 0o022;

/** The signing key of developer mode: whoever can read its file can make tokens. */
export interface DeveloperKey {
  /** What its tokens are checked with. */
  readonly tokenKey: TokenKey;
  /** Signs a token with these claims, besides issuer, audience and expiry. */
  issue(claims: Readonly<Record<string, unknown>>, ttlSeconds: number): Promise<string>;
}

/**
 * Reads the key from the data directory, or makes it there, for its owner alone.
 *
 * @param userId the user who runs this process, to whom the file must belong
 * @throws StartError when the directory cannot be used, or others than that user could sign tokens
 */
export function openDeveloperKey(dataDir: string, userId = process.getuid?.()): DeveloperKey {
  const privateKey = readOrMakeKey(dataDir, userId);
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

function readOrMakeKey(dataDir: string, userId: number | undefined): KeyObject {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    refuseSharedFolder(dataDir, userId);
    const path = join(dataDir, 'developer-key.pem');
    return readKey(path, userId) ?? makeKey(path, userId);
  } catch (cause) {
    throw StartError.because('DATA_DIR: cannot be used', cause);
  }
}

/** Whoever can write to the folder can put another key into the place of this one. */
function refuseSharedFolder(dataDir: string, userId: number | undefined): void {
  if (userId === undefined || (statSync(dataDir).mode & OTHERS_WRITE) === 0) return;
  throw new Error(
    'others can write to it, and so replace the signing key; run `chmod go-w` on it, or name a folder that does not ' +
      'exist yet',
  );
}

function readKey(path: string, userId: number | undefined): KeyObject | undefined {
  const pem = readPrivateFile(path, userId);
  if (pem === undefined) return undefined;
  const key = parseKey(pem);
  if (key?.asymmetricKeyDetails?.namedCurve === CURVE) return key;
  throw new Error(
    `${basename(path)} holds no P-256 private key: it is empty, damaged or of another kind; delete it, and a new one ` +
      'is made',
  );
}

function parseKey(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Written aside and linked into place: of several processes that start at once, all use the key of the first. */
function makeKey(path: string, userId: number | undefined): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE });
  // Not the process id: in containers that share a volume, every service may have the same.
  const aside = `${path}.${randomUUID()}`;
  writeFileSync(aside, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(aside, path);
    return privateKey;
  } catch (error) {
    const other = readKey(path, userId);
    if (other === undefined) throw error;
    return other;
  } finally {
    rmSync(aside);
  }
}
