import type { Config } from './config/config.ts';
import { createKeyFormat } from './core/api-key.ts';
import type { Redaction } from './ops/logger.ts';
import { createSecretRedaction } from './ops/secret-redaction.ts';

/** Hides API keys, and what the configuration keeps secret, in log lines and on standard error. */
export function createRedaction({ keyPrefix, keyPrefixesAccepted, mongo, jwt }: Config): Redaction {
  const key = jwt?.key;
  const urls = [mongo?.url, mongo?.redis?.url, key?.kind === 'jwks' ? key.url : undefined];
  return {
    keys: createKeyFormat(keyPrefix, keyPrefixesAccepted).redact,
    secrets: createSecretRedaction({
      urls: urls.filter((url) => url !== undefined),
      plain: key?.kind === 'hs256' ? [key.secret] : [],
    }),
  };
}
