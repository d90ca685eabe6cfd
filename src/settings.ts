import {
  integer,
  list,
  matching,
  notBuiltYet,
  oneOf,
  optional,
  type Setting,
  SettingError,
  text,
  url,
  withDefault,
} from './config-setting.ts';
import { KEY_PREFIX } from './core/api-key.ts';

const port = integer(0, 65535);
const keyPrefix = matching(KEY_PREFIX, '1 to 32 characters A-Z a-z 0-9 _, the last one _');

/** Signature algorithms that may be allowed (RFC 7518, RFC 8037). `none` is not among them. */
const JWT_ALGORITHMS = [
  ...['HS256', 'HS384', 'HS512'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const;

function hs256Secret(value: string): string {
  if (Buffer.byteLength(value) < 32) throw new SettingError('must be at least 32 bytes long');
  return value;
}

const httpUrl = url('https', 'http');

/** `fetch` takes no URL with a password, and tells it in the error, which would be logged. */
function keySetUrl(value: string): string {
  const { username, password } = new URL(httpUrl(value));
  if (username !== '' || password !== '') throw new SettingError('must not contain a user name or a password');
  return value;
}

/** Every variable that the service reads, in the order in which the help shows them. */
export const SETTINGS = {
  HOST: withDefault('127.0.0.1', 'address that the HTTP and gRPC listeners bind', text),
  ADMIN_HOST: withDefault('127.0.0.1', 'address that the admin listener binds', text),
  HTTP_PORT: withDefault('8080', 'port for REST, Connect, gRPC-Web and gRPC; `0` lets the system choose', port),
  GRPC_PORT: withDefault('9090', 'port for gRPC with reflection and health; `0` lets the system choose', port),
  ADMIN_PORT: withDefault('9464', 'port for `/metrics`, `/healthz`, `/readyz`; `0` lets the system choose', port),
  DATA_DIR: withDefault('./data', 'folder of the embedded store and of the developer-mode signing key', text),
  MONGODB_URL: optional(
    'MongoDB as the store, in place of the embedded one; database `iterapay_keys` unless the URL names one',
    matching(/^mongodb(\+srv)?:\/\/./, 'a URL beginning with mongodb:// or mongodb+srv://'),
  ),
  MONGODB_TIMEOUT_MS: withDefault(
    '5000',
    'longest time to find MongoDB, and then of each attempt of an operation, in milliseconds',
    integer(100, 60_000),
  ),
  MONGODB_MAX_READS: withDefault(
    '500',
    'most reads of MongoDB under way at once; further ones are answered with `unavailable`',
    integer(1, 100_000),
  ),
  REDIS_URL: optional('Redis as the cache of hot validations; only with `MONGODB_URL`', url('redis', 'rediss')),
  REDIS_TIMEOUT_MS: withDefault(
    '30',
    'longest wait for a reply of Redis before MongoDB is asked, in milliseconds',
    integer(1, 10_000),
  ),
  CACHE_TTL_MS: withDefault('30000', 'longest life of a cached verdict, in milliseconds', integer(1, 3_600_000)),
  CACHE_LEASE_MS: withDefault(
    '15000',
    'how long an instance may go on using Redis without a renewal at MongoDB, and so the longest that a revocation ' +
      'waits for a cache that nobody can reach, in milliseconds',
    integer(500, 300_000),
  ),
  CONFIRM_TIMEOUT_MS: withDefault(
    '30000',
    'how long Revoke and Generate wait for confirmation, in milliseconds; at least `CACHE_LEASE_MS` and 2000',
    integer(2_500, 600_000),
  ),
  KEY_PREFIX: withDefault('ipa_live_', 'prefix of new keys: 1 to 32 of `A-Za-z0-9_`, ending in `_`', keyPrefix),
  KEY_PREFIXES_ACCEPTED: optional('further prefixes whose keys still validate, comma-separated', list(keyPrefix)),
  JWT_JWKS_URL: optional('where login tokens’ public keys are published (RFC 7517)', keySetUrl),
  JWT_PUBLIC_KEY_FILE: optional('PEM file with the public key of login tokens', text),
  JWT_HS256_SECRET: optional('shared secret of login tokens, at least 32 bytes (UTF-8)', hs256Secret),
  JWT_ISSUER: optional('required `iss` of tokens; must be set together with one of the three above', text),
  JWT_AUDIENCE: optional('required `aud` of tokens; must be set together with one of the three above', text),
  JWT_ALGORITHMS: optional(
    'allowed signature algorithms, comma-separated; never `none`, nor HS* with a public key',
    list(oneOf(JWT_ALGORITHMS)),
    'those that fit the key',
  ),
  JWT_MERCHANT_CLAIM: withDefault('merchant_id', 'claim that holds the merchant, a list of them, or `*`', text),
  VALIDATE_AUTH: optional(
    'who may call Validate: `jwt` (scope `keys.validate`), or `none`, on loopback only; `mtls` is not available yet',
    oneOf(['jwt', 'none']),
    '`jwt`; `none` in developer mode',
  ),
  TLS_CERT_FILE: notBuiltYet('PEM certificate chain for TLS on the HTTP and gRPC ports'),
  TLS_KEY_FILE: notBuiltYet('PEM private key for TLS'),
  TLS_CLIENT_CA_FILE: notBuiltYet('PEM certificate authority of gRPC clients'),
  PROBLEM_BASE_URL: withDefault('https://example.com/probs', 'base of the problem types (RFC 9457)', httpUrl),
  REQUEST_MAX_BYTES: withDefault('65536', 'largest request body, in bytes', integer(1024, 16_777_216)),
  REQUEST_TIMEOUT_MS: withDefault(
    '40000',
    'longest time that an HTTP request may take to arrive, and then to be answered, in milliseconds',
    integer(100, 600_000),
  ),
  SHUTDOWN_TIMEOUT_MS: withDefault(
    '8000',
    'longest time that running calls may take to finish after SIGTERM, in milliseconds',
    integer(0, 600_000),
  ),
  LOG_LEVEL: withDefault(
    'info',
    'least severe level that is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  ),
  LOG_BUFFER_MAX_BYTES: withDefault(
    '1048576',
    'most log lines that wait while standard output does not take them, in bytes; further ones are dropped and counted',
    integer(1024, 67_108_864),
  ),
} as const satisfies Record<string, Setting<unknown>>;

/** The rows of the table of settings, for the help and the README. */
export function settingRows(): { readonly name: string; readonly shownDefault: string; readonly meaning: string }[] {
  return Object.entries(SETTINGS).map(([name, { shownDefault, meaning }]) => ({ name, shownDefault, meaning }));
}
