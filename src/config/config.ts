import { isLoopback } from '../transport/connection/loopback.ts';
import { SettingError } from './setting.ts';
import { SETTINGS } from './settings.ts';

/** Time for a lapsed lease to be noticed and removed, in milliseconds. */
const LEASE_REMOVAL_MS = 2_000;

type Values = { readonly [Name in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[Name]['parse']> };

/** RFC 7518 section 3.2: a secret must be at least as long as the hash. HS256's 32 bytes are the least for any. */
const SECRET_BYTES = { HS512: 64, HS384: 48 } as const;

/** How tokens are checked. */
export interface JwtConfig {
  readonly key:
    | KeySetConfig
    | { readonly kind: 'publicKeyFile'; readonly path: string }
    | { readonly kind: 'hs256'; readonly secret: string };
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[] | undefined;
}

/** A published key set, and the limits of its downloads. */
export interface KeySetConfig {
  readonly kind: 'jwks';
  readonly url: string;
  readonly maxAgeMs: number;
  readonly staleMs: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** MongoDB as the store, and the limits of strict revocation. */
export interface MongoConfig {
  readonly url: string;
  readonly timeoutMs: number;
  readonly maxReads: number;
  readonly confirmTimeoutMs: number;
  /** Undefined: validations are not cached. */
  readonly redis: RedisConfig | undefined;
}

/** Redis as the cache of hot validations. */
export interface RedisConfig {
  readonly url: string;
  readonly commandTimeoutMs: number;
  readonly ttlMs: number;
  readonly leaseMs: number;
}

/** What connections to the HTTP and the gRPC port may hold. */
export interface ConnectionConfig {
  /** Most connections of each port; undefined: a default within the limit of open files. */
  readonly maxConnections: number | undefined;
  readonly maxStreams: number;
  readonly maxHeaderBytes: number;
  readonly pingIntervalMs: number;
  readonly idleTimeoutMs: number;
  readonly maxAgeMs: number;
}

/** The whole configuration, checked. */
export interface Config {
  readonly host: string;
  readonly adminHost: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly adminPort: number;
  readonly dataDir: string;
  /** Undefined: the embedded store. */
  readonly mongo: MongoConfig | undefined;
  readonly keyPrefix: string;
  readonly keyPrefixesAccepted: readonly string[];
  /** Undefined in developer mode. */
  readonly jwt: JwtConfig | undefined;
  readonly jwtMerchantClaim: string;
  readonly validateAuth: 'jwt' | 'none';
  readonly problemBaseUrl: string;
  readonly connections: ConnectionConfig;
  readonly requestMaxBytes: number;
  readonly requestTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly logLevel: string;
  readonly logBufferMaxBytes: number;
}

/** A configuration that the service cannot start with. The message names the variables and never shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the whole configuration once.
 *
 * @param environment usually `process.env`; an empty variable counts as unset
 * @throws ConfigError with a line for every variable whose value is wrong, or the first rule between variables that is
 *   broken
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values = parseAll(environment);
  const jwt = readJwt(values);
  const loopback = isLoopback(values.HOST);
  if (jwt === undefined && !loopback) {
    throw new ConfigError(
      'HOST: is not a loopback address, and no JWT key is configured. Set JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE or ' +
        'JWT_HS256_SECRET, with JWT_ISSUER and JWT_AUDIENCE; or bind 127.0.0.1.',
    );
  }
  const validateAuth = values.VALIDATE_AUTH ?? (jwt === undefined ? 'none' : 'jwt');
  if (validateAuth === 'none' && !loopback) {
    throw new ConfigError('VALIDATE_AUTH: `none` is allowed only where HOST is a loopback address. Set it to `jwt`.');
  }
  return deepFreeze({
    host: values.HOST,
    adminHost: values.ADMIN_HOST,
    httpPort: values.HTTP_PORT,
    grpcPort: values.GRPC_PORT,
    adminPort: values.ADMIN_PORT,
    dataDir: values.DATA_DIR,
    mongo: readMongo(values),
    keyPrefix: values.KEY_PREFIX,
    keyPrefixesAccepted: values.KEY_PREFIXES_ACCEPTED ?? [],
    jwt,
    jwtMerchantClaim: values.JWT_MERCHANT_CLAIM,
    validateAuth,
    problemBaseUrl: values.PROBLEM_BASE_URL.replace(/\/+$/, ''),
    connections: readConnections(values),
    requestMaxBytes: values.REQUEST_MAX_BYTES,
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
    logLevel: values.LOG_LEVEL,
    logBufferMaxBytes: values.LOG_BUFFER_MAX_BYTES,
  });
}

function parseAll(environment: Readonly<Record<string, string | undefined>>): Values {
  const problems: string[] = [];
  const entries = Object.entries(SETTINGS).map(([name, setting]) => {
    try {
      return [name, setting.parse(environment[name] || undefined)];
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      problems.push(`${name}: ${error.message}.`);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.fromEntries(entries) as Values;
}

function readConnections(values: Values): ConnectionConfig {
  return {
    maxConnections: values.MAX_CONNECTIONS,
    maxStreams: values.HTTP2_MAX_STREAMS,
    maxHeaderBytes: values.REQUEST_MAX_HEADER_BYTES,
    pingIntervalMs: values.HTTP2_PING_INTERVAL_MS,
    idleTimeoutMs: values.HTTP2_IDLE_TIMEOUT_MS,
    maxAgeMs: values.HTTP2_MAX_AGE_MS,
  };
}

function readMongo(values: Values): MongoConfig | undefined {
  if (values.MONGODB_URL === undefined) {
    if (values.REDIS_URL === undefined) return undefined;
    throw new ConfigError('REDIS_URL: needs MONGODB_URL; the embedded store is faster without a cache.');
  }
  if (values.CONFIRM_TIMEOUT_MS < values.CACHE_LEASE_MS + LEASE_REMOVAL_MS) {
    throw new ConfigError(`CONFIRM_TIMEOUT_MS: must be at least CACHE_LEASE_MS and ${LEASE_REMOVAL_MS}.`);
  }
  const redis: RedisConfig | undefined =
    values.REDIS_URL === undefined
      ? undefined
      : {
          url: values.REDIS_URL,
          commandTimeoutMs: values.REDIS_TIMEOUT_MS,
          ttlMs: values.CACHE_TTL_MS,
          leaseMs: values.CACHE_LEASE_MS,
        };
  return {
    url: values.MONGODB_URL,
    timeoutMs: values.MONGODB_TIMEOUT_MS,
    maxReads: values.MONGODB_MAX_READS,
    confirmTimeoutMs: values.CONFIRM_TIMEOUT_MS,
    redis,
  };
}

function readJwt(values: Values): JwtConfig | undefined {
  const keys: JwtConfig['key'][] = [];
  if (values.JWT_JWKS_URL !== undefined) {
    keys.push({
      kind: 'jwks',
      url: values.JWT_JWKS_URL,
      maxAgeMs: values.JWT_JWKS_MAX_AGE_MS,
      staleMs: values.JWT_JWKS_STALE_MS,
      timeoutMs: values.JWT_JWKS_TIMEOUT_MS,
      maxBytes: values.JWT_JWKS_MAX_BYTES,
    });
  }
  if (values.JWT_PUBLIC_KEY_FILE !== undefined) keys.push({ kind: 'publicKeyFile', path: values.JWT_PUBLIC_KEY_FILE });
  if (values.JWT_HS256_SECRET !== undefined) keys.push({ kind: 'hs256', secret: values.JWT_HS256_SECRET });
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_ALGORITHMS: algorithms } = values;

  const [key, second] = keys;
  if (second !== undefined) {
    throw new ConfigError('JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE, JWT_HS256_SECRET: exactly one of them may be set.');
  }
  if (key === undefined) {
    const orphan = Object.entries({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_ALGORITHMS: algorithms });
    const names = orphan.filter(([, value]) => value !== undefined).map(([name]) => name);
    if (names.length === 0) return undefined;
    throw new ConfigError(
      `${names.join(', ')}: set without a key; set JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE or JWT_HS256_SECRET too.`,
    );
  }
  // An audience that is not set is not checked, and then any token of the issuer would do.
  if (issuer === undefined || audience === undefined) {
    const missing = Object.entries({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience }).filter(([, value]) => !value);
    throw new ConfigError(missing.map(([name]) => `${name}: must be set together with the JWT key.`).join('\n'));
  }
  const symmetric = key.kind === 'hs256';
  if (algorithms?.some((algorithm) => algorithm.startsWith('HS') !== symmetric)) {
    throw new ConfigError(
      symmetric
        ? 'JWT_ALGORITHMS: with JWT_HS256_SECRET only HS256, HS384 and HS512 are allowed.'
        : 'JWT_ALGORITHMS: HS256, HS384 and HS512 are not allowed with a public key.',
    );
  }
  if (key.kind === 'hs256') requireSecretLength(key.secret, algorithms ?? []);
  return { key, issuer, audience, algorithms };
}

function requireSecretLength(secret: string, algorithms: readonly string[]): void {
  for (const [algorithm, minBytes] of Object.entries(SECRET_BYTES)) {
    if (!algorithms.includes(algorithm) || Buffer.byteLength(secret) >= minBytes) continue;
    throw new ConfigError(
      `JWT_HS256_SECRET: must be at least ${minBytes} bytes long, since JWT_ALGORITHMS allows ${algorithm} ` +
        '(RFC 7518 section 3.2).',
    );
  }
}

/** Freezes a value and all that it holds. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
