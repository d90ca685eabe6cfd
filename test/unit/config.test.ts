import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { SETTINGS, settingRows } from '../../src/config/settings.ts';
import { type Environment, JWT, refusalOf } from './config-world.ts';

/** Part of every wrong value, so that an echo would be seen. */
const MARK = 'ec40';

/** A value of each variable that is refused by itself. Any text does for those that are missing. */
const WRONG: Environment = {
  HTTP_PORT: `65536${MARK}`,
  GRPC_PORT: `-${MARK}`,
  ADMIN_PORT: `80.${MARK}`,
  MONGODB_URL: `http://${MARK}`,
  MONGODB_TIMEOUT_MS: MARK,
  MONGODB_MAX_READS: MARK,
  REDIS_URL: `http://:${MARK}@host`,
  REDIS_TIMEOUT_MS: MARK,
  CACHE_TTL_MS: MARK,
  CACHE_LEASE_MS: MARK,
  CONFIRM_TIMEOUT_MS: MARK,
  KEY_PREFIX: MARK,
  KEY_PREFIXES_ACCEPTED: `ok_,${MARK}`,
  JWT_JWKS_URL: `ftp://${MARK}`,
  JWT_JWKS_MAX_AGE_MS: MARK,
  JWT_JWKS_STALE_MS: MARK,
  JWT_JWKS_TIMEOUT_MS: MARK,
  JWT_JWKS_MAX_BYTES: MARK,
  JWT_HS256_SECRET: MARK,
  JWT_ALGORITHMS: `RS256,${MARK}`,
  VALIDATE_AUTH: MARK,
  TLS_CERT_FILE: MARK,
  TLS_KEY_FILE: MARK,
  TLS_CLIENT_CA_FILE: MARK,
  PROBLEM_BASE_URL: MARK,
  MAX_CONNECTIONS: MARK,
  HTTP2_MAX_STREAMS: MARK,
  HTTP2_PING_INTERVAL_MS: MARK,
  HTTP2_IDLE_TIMEOUT_MS: MARK,
  HTTP2_MAX_AGE_MS: MARK,
  REQUEST_MAX_HEADER_BYTES: MARK,
  REQUEST_MAX_BYTES: MARK,
  REQUEST_TIMEOUT_MS: MARK,
  SHUTDOWN_TIMEOUT_MS: MARK,
  LOG_LEVEL: MARK,
  LOG_BUFFER_MAX_BYTES: MARK,
};

const ANY_TEXT = [
  'HOST',
  'ADMIN_HOST',
  'DATA_DIR',
  'JWT_PUBLIC_KEY_FILE',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'JWT_MERCHANT_CLAIM',
];

/** Everything in a value that can be reached by its members, itself included. */
function* partsOf(value: unknown): Iterable<object> {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const part of Object.values(value)) yield* partsOf(part);
}

describe('The configuration', () => {
  it('has the documented defaults', () => {
    const config = readConfig({});

    expect(config).to.deep.equal({
      host: '127.0.0.1',
      adminHost: '127.0.0.1',
      httpPort: 8080,
      grpcPort: 9090,
      adminPort: 9464,
      dataDir: './data',
      mongo: undefined,
      keyPrefix: 'ipa_live_',
      keyPrefixesAccepted: [],
      jwt: undefined,
      jwtMerchantClaim: 'merchant_id',
      validateAuth: 'none',
      problemBaseUrl: 'https://example.com/probs',
      connections: {
        maxConnections: undefined,
        maxStreams: 100,
        maxHeaderBytes: 16_384,
        pingIntervalMs: 20_000,
        idleTimeoutMs: 300_000,
        maxAgeMs: 1_800_000,
      },
      requestMaxBytes: 65_536,
      requestTimeoutMs: 40_000,
      shutdownTimeoutMs: 8_000,
      logLevel: 'info',
      logBufferMaxBytes: 1_048_576,
    });
  });

  it('takes an empty variable for an unset one', () => {
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));

    const config = readConfig(empty);

    expect(config).to.deep.equal(readConfig({}));
  });

  it('ignores variables that are none of its own', () => {
    const config = readConfig({ PATH: '/bin', HTTP_PORTS: 'x' });

    expect(config).to.deep.equal(readConfig({}));
  });

  it('takes the values at both ends of a range, and none beyond', () => {
    const ends = [readConfig({ HTTP_PORT: '0' }).httpPort, readConfig({ HTTP_PORT: '65535' }).httpPort];

    expect(ends).to.deep.equal([0, 65_535]);
    for (const wrong of ['-1', '65536', '1.5', '1e3', '0x50', ' 80', '８０', 'NaN', '9'.repeat(400)]) {
      expect(refusalOf({ HTTP_PORT: wrong })).to.match(/^HTTP_PORT: /);
    }
  });

  it('takes a list with spaces after the commas, and no empty item', () => {
    const config = readConfig({ KEY_PREFIXES_ACCEPTED: 'a_, b_c_' });

    expect(config.keyPrefixesAccepted).to.deep.equal(['a_', 'b_c_']);
    for (const wrong of ['a_,', ',a_', 'a_,,b_', 'a_;b_']) {
      expect(refusalOf({ KEY_PREFIXES_ACCEPTED: wrong })).to.match(/^KEY_PREFIXES_ACCEPTED: /);
    }
  });

  it('takes the base of the problem types without slashes at its end', () => {
    const config = readConfig({ PROBLEM_BASE_URL: 'https://keys.test/problems//' });

    expect(config.problemBaseUrl).to.equal('https://keys.test/problems');
  });

  it('is frozen', () => {
    const config = readConfig({});

    expect(config).to.be.frozen;
  });

  it('is frozen in all its parts', () => {
    const config = readConfig({
      ...JWT,
      JWT_ALGORITHMS: 'HS256',
      KEY_PREFIXES_ACCEPTED: 'old_',
      MONGODB_URL: 'mongodb://host',
      REDIS_URL: 'redis://host',
    });

    const thawed = [...partsOf(config)].filter((part) => !Object.isFrozen(part));

    expect(thawed).to.deep.equal([]);
  });

  it('has a name, a meaning and a shown default for every variable', () => {
    const rows = settingRows();

    expect(rows.map(({ name }) => name)).to.deep.equal(Object.keys(SETTINGS));
    for (const { meaning, shownDefault } of rows) {
      expect(meaning).not.to.equal('');
      expect(shownDefault).not.to.equal('');
    }
  });
});

describe('A wrong variable', () => {
  it('is known to this test for every variable that can be wrong', () => {
    expect([...Object.keys(WRONG), ...ANY_TEXT]).to.have.members(Object.keys(SETTINGS));
  });

  for (const [name, value] of Object.entries(WRONG)) {
    it(`is named, and its value is never shown: ${name}`, () => {
      const message = refusalOf({ [name]: value });

      expect(message).to.match(new RegExp(`^${name}: (must be|is not available yet).+\\.$`));
      expect(message).not.to.include(MARK);
    });
  }

  it('does not hide another one: all of them are reported at once, a line for each', () => {
    const message = refusalOf(WRONG);

    const names = message.split('\n').map((line) => line.split(':')[0]);
    expect(names).to.have.members(Object.keys(WRONG));
    expect(message).not.to.include(MARK);
  });

  it('does not hide another one that is missing: the issuer and the audience of tokens', () => {
    const message = refusalOf({ JWT_JWKS_URL: 'https://login.test/jwks' });

    expect(message).to.include('JWT_ISSUER').and.to.include('JWT_AUDIENCE');
  });
});
