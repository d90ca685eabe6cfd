import type { Config } from '../config/config.ts';
import { DEVELOPER_AUDIENCE, DEVELOPER_ISSUER, type DeveloperKey, openDeveloperKey } from './developer-key.ts';
import type { KeySetObserver } from './key-set.ts';
import { readMoment } from './moment.ts';
import { loadTokenKey, type TokenKey } from './token-key.ts';

/** Whose tokens are taken. */
export interface Trust {
  readonly tokenKey: TokenKey;
  readonly issuer: string;
  readonly audience: string;
  /** The signing key of developer mode; undefined where tokens come from outside. */
  readonly developerKey: DeveloperKey | undefined;
}

/**
 * Trusts the configured issuer, or this service's own key in developer mode, which has none.
 *
 * @throws StartError when the key cannot be read or made
 */
export function chooseTrust({ jwt, dataDir }: Config, observer: KeySetObserver): Trust {
  if (jwt !== undefined) {
    const tokenKey = loadTokenKey(jwt, { clock: readMoment, observer });
    return { tokenKey, issuer: jwt.issuer, audience: jwt.audience, developerKey: undefined };
  }
  const developerKey = openDeveloperKey(dataDir);
  return {
    tokenKey: developerKey.tokenKey,
    issuer: DEVELOPER_ISSUER,
    audience: DEVELOPER_AUDIENCE,
    developerKey,
  };
}
