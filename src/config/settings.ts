import { KEY_PREFIX } from '../core/api-key.ts';
import { isLoopbackAuthority } from '../transport/connection/loopback.ts';
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
} from './setting.ts';

const port = integer(0, 65535);
const keyPrefix = matching(KEY_PREFIX, '1 to 32 characters A-Z a-z 0-9 _, the last one _');

/** Signature algorithms that may be allowed (RFC 7518, RFC 8037). `none` is not among them. */
const JWT_ALGORITHMS = [
  ...['HS256', 'HS384', 'HS512'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const;

/** Random text of 32 bytes has more all but surely: of ten digits about 10, of hexadecimal ones 14. */
const MIN_SECRET_CHARACTERS = 8;

/**
 * Refuses what is long only by repetition. It cannot know whether a text was drawn at random: a sentence passes.
 * How long it must be for HS384 and HS512 is a rule between settings, in config.ts.
 */
function sharedSecret(value: string): string {
  if (Buffer.byteLength(value) < 32) throw new SettingError('must be at least 32 bytes long');
  if (new Set(value).size < MIN_SECRET_CHARACTERS || isRepetition(value)) {
    throw new SettingError(
      `is easy to guess: it must have at least ${MIN_SECRET_CHARACTERS} different characters, and be no shorter text ` +
        'repeated; `openssl rand -base64 48` makes a good one',
    );
  }
  return value;
}

/** Whether the text is another one, at least twice and the last time perhaps not whole. */
function isRepetition(value: string): boolean {
  for (let period = 1; period <= value.length / 2; period++) {
    if (value.startsWith(value.slice(period))) return true;
  }
  return false;
}

const httpUrl = url('https', 'http');

/**
 * Whoever can change the keys in transit can sign tokens, so they come over TLS or from this machine. `fetch` takes no
 * URL with a password, and repeats it in the error, which would be logged.
 */
function keySetUrl(value: string): string {
  const { protocol, hostname, username, password } = new URL(httpUrl(value));
  if (username !== '' || password !== '') throw new SettingError('must not contain a user name or a password');
  if (protocol === 'http:' && !isLoopbackAuthority(hostname)) {
    throw new SettingError('must begin with https://; http:// is allowed only to a loopback address');
  }
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
      'waits for a cache that no instance can reach, in milliseconds',
    integer(500, 300_000),
  ),
  CONFIRM_TIMEOUT_MS: withDefault(
    '30000',
    'how long Revoke and Generate wait for confirmation, in milliseconds; at least `CACHE_LEASE_MS` and 2000',
    integer(2_500, 600_000),
  ),
  KEY_PREFIX: withDefault('ipa_live_', 'prefix of new keys: 1 to 32 of `A-Za-z0-9_`, ending in `_`', keyPrefix),
  KEY_PREFIXES_ACCEPTED: optional('further prefixes whose keys still validate, comma-separated', list(keyPrefix)),
  JWT_JWKS_URL: optional(
    'where login tokens’ public keys are published (RFC 7517); `https://`, or `http://` to a loopback address',
    keySetUrl,
  ),
  JWT_JWKS_MAX_AGE_MS: withDefault(
    '20000',
    'age at which the published keys are fetched again, in milliseconds; a key that was withdrawn is refused at the ' +
      'latest after three times as long, while the URL answers',
    integer(1_000, 600_000),
  ),
  JWT_JWKS_STALE_MS: withDefault(
    '3600000',
    'how long beyond `JWT_JWKS_MAX_AGE_MS` the last good published keys stay in use while no new ones can be fetched, in ' +
      'milliseconds',
    integer(0, 86_400_000),
  ),
  JWT_JWKS_TIMEOUT_MS: withDefault(
    '5000',
    'longest time of a whole download of the published keys, in milliseconds',
    integer(100, 60_000),
  ),
  JWT_JWKS_MAX_BYTES: withDefault(
    '65536',
    'largest set of published keys that is downloaded, in bytes',
    integer(1_024, 16_777_216),
  ),
  JWT_PUBLIC_KEY_FILE: optional('PEM file with the public key of login tokens', text),
  JWT_HS256_SECRET: optional(
    'shared secret of login tokens, random, at least 32 bytes (UTF-8); 48 where `JWT_ALGORITHMS` allows HS384, 64 for ' +
      'HS512',
    sharedSecret,
  ),
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
  MAX_CONNECTIONS: optional(
    'most connections at once to each of the HTTP and the gRPC port; further ones are refused at once',
    integer(1, 1_000_000),
    '`4096`, or what the limit of open files leaves',
  ),
  HTTP2_MAX_STREAMS: withDefault(
    '100',
    'most requests under way at once on one HTTP/2 connection (gRPC included)',
    integer(1, 10_000),
  ),
  HTTP2_PING_INTERVAL_MS: withDefault(
    '20000',
    'how often an HTTP/2 connection is asked whether its client is there, in milliseconds; without an answer by the ' +
      'next time it is ended',
    integer(100, 600_000),
  ),
  HTTP2_IDLE_TIMEOUT_MS: withDefault(
    '300000',
    'longest time that an HTTP/2 connection may be without a request, in milliseconds',
    integer(100, 86_400_000),
  ),
  HTTP2_MAX_AGE_MS: withDefault(
    '1800000',
    'age at which an HTTP/2 connection takes no further requests, in milliseconds, give or take a tenth',
    integer(100, 604_800_000),
  ),
  REQUEST_MAX_HEADER_BYTES: withDefault(
    '16384',
    'largest header section of a request, in bytes (HTTP/2 adds 32 for each field)',
    integer(4096, 65_536),
  ),
  REQUEST_MAX_BYTES: withDefault('65536', 'largest request body, in bytes', integer(1024, 16_777_216)),
  REQUEST_TIMEOUT_MS: withDefault(
    '40000',
    'longest time that a request may take to arrive, on either port, and then an HTTP request to be answered, in ' +
      'milliseconds; also for the first request of a connection',
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
