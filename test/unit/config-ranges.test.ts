import { expect } from 'chai';
import fc from 'fast-check';
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { type Environment, JWT, PUBLISHED_KEYS, refusalOf } from './config-world.ts';

const MONGO = { MONGODB_URL: 'mongodb://host' };
const PRODUCTION = { ...MONGO, REDIS_URL: 'redis://host' };

function keySet(limit: 'maxAgeMs' | 'staleMs' | 'timeoutMs' | 'maxBytes') {
  return ({ jwt }: Config) => (jwt?.key.kind === 'jwks' ? jwt.key[limit] : undefined);
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** Where the value goes. */
  readonly read: (config: Config) => unknown;
  /** What has to be set besides. */
  readonly others?: Environment;
}

const RANGES: Readonly<Record<string, Range>> = {
  HTTP_PORT: { min: 0, max: 65_535, read: (config) => config.httpPort },
  GRPC_PORT: { min: 0, max: 65_535, read: (config) => config.grpcPort },
  ADMIN_PORT: { min: 0, max: 65_535, read: (config) => config.adminPort },
  MONGODB_TIMEOUT_MS: { min: 100, max: 60_000, read: ({ mongo }) => mongo?.timeoutMs, others: MONGO },
  MONGODB_MAX_READS: { min: 1, max: 100_000, read: ({ mongo }) => mongo?.maxReads, others: MONGO },
  REDIS_TIMEOUT_MS: { min: 1, max: 10_000, read: ({ mongo }) => mongo?.redis?.commandTimeoutMs, others: PRODUCTION },
  CACHE_TTL_MS: { min: 1, max: 3_600_000, read: ({ mongo }) => mongo?.redis?.ttlMs, others: PRODUCTION },
  CACHE_LEASE_MS: {
    min: 500,
    max: 300_000,
    read: ({ mongo }) => mongo?.redis?.leaseMs,
    others: { ...PRODUCTION, CONFIRM_TIMEOUT_MS: '600000' },
  },
  CONFIRM_TIMEOUT_MS: {
    min: 2_500,
    max: 600_000,
    read: ({ mongo }) => mongo?.confirmTimeoutMs,
    others: { ...PRODUCTION, CACHE_LEASE_MS: '500' },
  },
  MAX_CONNECTIONS: { min: 1, max: 1_000_000, read: ({ connections }) => connections.maxConnections },
  HTTP2_MAX_STREAMS: { min: 1, max: 10_000, read: ({ connections }) => connections.maxStreams },
  HTTP2_PING_INTERVAL_MS: { min: 100, max: 600_000, read: ({ connections }) => connections.pingIntervalMs },
  HTTP2_IDLE_TIMEOUT_MS: { min: 100, max: 86_400_000, read: ({ connections }) => connections.idleTimeoutMs },
  HTTP2_MAX_AGE_MS: { min: 100, max: 604_800_000, read: ({ connections }) => connections.maxAgeMs },
  REQUEST_MAX_HEADER_BYTES: { min: 4_096, max: 65_536, read: ({ connections }) => connections.maxHeaderBytes },
  JWT_JWKS_MAX_AGE_MS: { min: 1_000, max: 600_000, read: keySet('maxAgeMs'), others: PUBLISHED_KEYS },
  JWT_JWKS_STALE_MS: { min: 0, max: 86_400_000, read: keySet('staleMs'), others: PUBLISHED_KEYS },
  JWT_JWKS_TIMEOUT_MS: { min: 100, max: 60_000, read: keySet('timeoutMs'), others: PUBLISHED_KEYS },
  JWT_JWKS_MAX_BYTES: { min: 1_024, max: 16_777_216, read: keySet('maxBytes'), others: PUBLISHED_KEYS },
  REQUEST_MAX_BYTES: { min: 1_024, max: 16_777_216, read: (config) => config.requestMaxBytes },
  REQUEST_TIMEOUT_MS: { min: 100, max: 600_000, read: (config) => config.requestTimeoutMs },
  SHUTDOWN_TIMEOUT_MS: { min: 0, max: 600_000, read: (config) => config.shutdownTimeoutMs },
  LOG_BUFFER_MAX_BYTES: { min: 1_024, max: 67_108_864, read: (config) => config.logBufferMaxBytes },
};

const NO_WHOLE_NUMBERS = ['mark', '1e3', '0x400', '5000.5', ' 5000', '5000 ', '+5000', '5_000', '٥٠٠٠', 'Infinity'];

/** Values just beyond what a setting of text allows; no message may have the mark in them. */
const NEAR_MISSES: Readonly<Record<string, readonly string[]>> = {
  REDIS_URL: ['mark', 'http://mark', '//mark', 'redis//mark'],
  KEY_PREFIX: ['mark', 'mark-1_', 'mark_'.padStart(33, 'm'), 'märk_', 'mark_\n', ' mark_', 'mark_ '],
  KEY_PREFIXES_ACCEPTED: ['mark', 'mark_,', 'mark_,,b_', 'mark_;b_', 'mark_ b_'],
  JWT_JWKS_URL: [
    'mark',
    'ftp://mark',
    'file:///mark',
    'javascript:mark',
    'https//mark',
    'https://user:mark@login.test/jwks',
    'http://mark.test/jwks',
    'http://127.0.0.1.mark.test/',
    'http://localhost.mark.test/',
    'http://10.0.0.1/mark',
    'http://0.0.0.0/mark',
    'http://[::]/mark',
    'http://[::ffff:10.0.0.1]/mark',
    'http://localhost.:80/mark',
  ],
  JWT_ALGORITHMS: ['none', 'RS256,NONE', 'rs256', 'mark', 'RS256,', ',', 'RS256 ES256', 'ES256K', 'RS256,mark'],
  VALIDATE_AUTH: ['mark', 'JWT', 'None', 'jwt,none', 'mtls'],
  PROBLEM_BASE_URL: ['mark', '/mark', 'urn:mark', 'mailto:mark'],
  LOG_LEVEL: ['mark', 'INFO', 'warning', '30'],
};

describe('A number in the configuration', () => {
  for (const [name, { min, max, read, others = {} }] of Object.entries(RANGES)) {
    it(`may be from ${min} to ${max}, both included: ${name}`, () => {
      const taken = [min, max].map((number) => read(readConfig({ ...others, [name]: `${number}` })));

      expect(taken).to.deep.equal([min, max]);
    });

    it(`is refused beyond, and where it is no whole number; the message names the range: ${name}`, () => {
      const beyond = [`${max + 1}`, `${max}0000`, '9'.repeat(400), '-1', ...(min > 0 ? [`${min - 1}`] : [])];

      const messages = [...beyond, ...NO_WHOLE_NUMBERS].map((text) => refusalOf({ ...others, [name]: text }));

      for (const message of messages)
        expect(message).to.equal(`${name}: must be a whole number from ${min} to ${max}.`);
    });
  }
});

describe('A text in the configuration', () => {
  for (const [name, values] of Object.entries(NEAR_MISSES)) {
    it(`is refused by its name, in one line that does not show it, where it is nearly right: ${name}`, () => {
      const messages = values.map((value) => refusalOf({ ...JWT, JWT_HS256_SECRET: '', ...MONGO, [name]: value }));

      for (const message of messages) {
        expect(message)
          .to.match(new RegExp(`^${name}: [^\\n]+\\.$`))
          .and.not.to.match(/m[aä]rk/);
      }
    });
  }
});

describe('Values of the configuration', () => {
  it('are in no error, whatever is wrong with them', () => {
    const mark = 'S3cret-';
    const value = fc.string({ maxLength: 60 }).map((text) => mark + text);
    let refused = 0;

    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(SETTINGS)), value, { minKeys: 1 }), (environment) => {
        try {
          readConfig(environment);
        } catch (error) {
          refused++;
          expect(error).to.be.instanceOf(ConfigError);
          expect((error as ConfigError).stack).not.to.include(mark);
        }
      }),
      { seed: 20_260_101, numRuns: 1_000 },
    );

    expect(refused).to.be.above(500);
  });
});
