import { parseArgs } from 'node:util';
import { VALIDATE_SCOPE } from './auth/access-control.ts';
import { openDeveloperKey } from './auth/developer-key.ts';
import { ANY_MERCHANT } from './auth/verified-token.ts';
import { readConfig } from './config/config.ts';
import { MERCHANT_ID_RULE, parseMerchantId } from './core/merchant-id.ts';
import { StartError } from './core/start-error.ts';

const USAGE = `Makes a token for developer mode, signed by the key in DATA_DIR.

usage: npm run --silent token -- --merchant <id> [--merchant <id> …] [--ttl <duration>] [--scope <scopes>]

  --merchant  the merchant that the token is for; may be repeated; * for every merchant
  --ttl       how long it is valid: a number and s, m, h or d (default 1h)
  --scope     scopes separated by spaces; ${VALIDATE_SCOPE} allows Validate (default: none)
`;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

try {
  const { merchants, ttlSeconds, scope } = readArguments();
  const { jwt, dataDir, jwtMerchantClaim } = readConfig(process.env);
  if (jwt !== undefined) throw new StartError('A JWT key is configured: its issuer makes the tokens.');
  const claims = { [jwtMerchantClaim]: merchants.length === 1 ? merchants[0] : merchants, ...(scope && { scope }) };
  process.stdout.write(`${await openDeveloperKey(dataDir).issue(claims, ttlSeconds)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(1);
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      merchant: { type: 'string', multiple: true },
      ttl: { type: 'string', default: '1h' },
      scope: { type: 'string' },
    },
  });
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(values.ttl) ?? [];
  const ttlSeconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  if (!(ttlSeconds > 0)) throw new Error('--ttl: must be a number above 0 and s, m, h or d, such as 90s or 1h.');
  if (values.merchant === undefined) throw new Error('--merchant: is missing.');
  if (values.merchant.some((merchant) => merchant !== ANY_MERCHANT && parseMerchantId(merchant) === undefined)) {
    throw new Error(`--merchant: must be ${ANY_MERCHANT}, or ${MERCHANT_ID_RULE}.`);
  }
  return { merchants: values.merchant, ttlSeconds, scope: values.scope };
}
