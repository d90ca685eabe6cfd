import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { type Environment, JWT, PUBLISHED_KEYS, refusalOf } from './config-world.ts';

const { JWT_HS256_SECRET = '', JWT_ISSUER = '', JWT_AUDIENCE = '' } = JWT;
const MONGO: Environment = { MONGODB_URL: 'mongodb://user:password@host/name' };
const PUBLIC_KEYS: readonly Environment[] = [
  PUBLISHED_KEYS,
  { JWT_PUBLIC_KEY_FILE: '/etc/keys/login.pem', JWT_ISSUER, JWT_AUDIENCE },
];

describe('The configuration of tokens', () => {
  it('knows each kind of key', () => {
    const kinds = [JWT, ...PUBLIC_KEYS].map((environment) => readConfig(environment).jwt);

    const rest = { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, algorithms: undefined };
    expect(kinds).to.deep.equal([
      { key: { kind: 'hs256', secret: JWT_HS256_SECRET }, ...rest },
      {
        key: {
          kind: 'jwks',
          url: 'https://login.test/jwks',
          maxAgeMs: 20_000,
          staleMs: 3_600_000,
          timeoutMs: 5_000,
          maxBytes: 65_536,
        },
        ...rest,
      },
      { key: { kind: 'publicKeyFile', path: '/etc/keys/login.pem' }, ...rest },
    ]);
  });

  it('takes published keys without TLS from this machine only', () => {
    const local = ['127.0.0.1', '127.1', 'localhost:8000', '[::1]', 'LOCALHOST'].map((host) => `http://${host}/jwks`);

    const taken = local.map((JWT_JWKS_URL) => readConfig({ ...PUBLISHED_KEYS, JWT_JWKS_URL }).jwt?.key);

    expect(taken.map((key) => key?.kind === 'jwks' && key.url)).to.deep.equal(local);
    expect(refusalOf({ ...PUBLISHED_KEYS, JWT_JWKS_URL: 'http://login.test/jwks' })).to.equal(
      'JWT_JWKS_URL: must begin with https://; http:// is allowed only to a loopback address.',
    );
  });

  it('is refused with two kinds of keys, or three', () => {
    const several = [...PUBLIC_KEYS.map((one) => ({ ...JWT, ...one })), Object.assign({}, ...PUBLIC_KEYS)];

    for (const environment of [...several, Object.assign({}, JWT, ...PUBLIC_KEYS)]) {
      expect(refusalOf(environment)).to.match(/JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE, JWT_HS256_SECRET: exactly one/);
    }
  });

  for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE']) {
    it(`is refused without ${name}, whatever the kind of key`, () => {
      const messages = [JWT, ...PUBLIC_KEYS].map((environment) => refusalOf({ ...environment, [name]: '' }));

      for (const message of messages) expect(message).to.match(new RegExp(`^${name}: `));
    });
  }

  for (const [name, value] of [
    ['JWT_ISSUER', 'https://secret-issuer.test'],
    ['JWT_AUDIENCE', 'secret-audience'],
    ['JWT_ALGORITHMS', 'RS256'],
  ] as const) {
    it(`is refused with ${name} and no key: that would look like a check that is not made`, () => {
      const message = refusalOf({ [name]: value });

      expect(message)
        .to.match(new RegExp(`^${name}: `))
        .and.not.to.include(value);
    });
  }

  it('never allows the algorithm none', () => {
    for (const algorithm of ['none', 'None', 'NONE', 'HS256,none']) {
      expect(refusalOf({ ...JWT, JWT_ALGORITHMS: algorithm })).to.match(/^JWT_ALGORITHMS: /);
    }
  });

  it('allows HS* with the shared secret only, and nothing else with it', () => {
    const long = { ...JWT, JWT_HS256_SECRET: `${JWT_HS256_SECRET}, here made longer for HS512` };

    const { jwt } = readConfig({ ...long, JWT_ALGORITHMS: 'HS256, HS512' });

    expect(jwt?.algorithms).to.deep.equal(['HS256', 'HS512']);
    expect(refusalOf({ ...JWT, JWT_ALGORITHMS: 'HS256,RS256' })).to.match(/^JWT_ALGORITHMS: /);
    for (const environment of PUBLIC_KEYS) {
      expect(readConfig({ ...environment, JWT_ALGORITHMS: 'ES256' }).jwt?.algorithms).to.deep.equal(['ES256']);
      expect(refusalOf({ ...environment, JWT_ALGORITHMS: 'ES256,HS256' })).to.match(/^JWT_ALGORITHMS: /);
    }
  });
});

describe('The configuration of addresses', () => {
  const loopback = ['127.0.0.1', '127.1.2.3', '::1', 'localhost'];
  const open = ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '::ffff:0'];

  it('allows developer mode on loopback addresses', () => {
    const configs = loopback.map((HOST) => readConfig({ HOST }));

    expect(configs.map(({ jwt, validateAuth }) => jwt ?? validateAuth)).to.deep.equal(loopback.map(() => 'none'));
  });

  it('refuses developer mode on any other address, and says what to set', () => {
    for (const HOST of open) {
      expect(refusalOf({ HOST }))
        .to.match(/^HOST: .*JWT_JWKS_URL/)
        .and.not.to.include(HOST);
    }
  });

  it('allows any address with a JWT key', () => {
    const hosts = open.map((HOST) => readConfig({ ...JWT, HOST }).host);

    expect(hosts).to.deep.equal(open);
  });
});

describe('The configuration of who may call Validate', () => {
  it('is jwt by default, and none in developer mode', () => {
    const defaults = [readConfig(JWT).validateAuth, readConfig({}).validateAuth];

    expect(defaults).to.deep.equal(['jwt', 'none']);
  });

  it('can be either on loopback', () => {
    const chosen = [
      readConfig({ ...JWT, VALIDATE_AUTH: 'none' }).validateAuth,
      readConfig({ VALIDATE_AUTH: 'jwt' }).validateAuth,
    ];

    expect(chosen).to.deep.equal(['none', 'jwt']);
  });

  it('cannot be none on any other address', () => {
    const message = refusalOf({ ...JWT, HOST: '0.0.0.0', VALIDATE_AUTH: 'none' });

    expect(message).to.match(/^VALIDATE_AUTH: /);
  });

  it('cannot be mtls as long as that is not built', () => {
    expect(refusalOf({ ...JWT, VALIDATE_AUTH: 'mtls' })).to.match(/^VALIDATE_AUTH: /);
  });
});

describe('The configuration of stores', () => {
  it('takes MongoDB without Redis, with its own limits', () => {
    const { mongo } = readConfig(MONGO);

    expect(mongo).to.deep.equal({
      url: MONGO['MONGODB_URL'],
      timeoutMs: 5_000,
      maxReads: 500,
      confirmTimeoutMs: 30_000,
      redis: undefined,
    });
  });

  it('takes Redis with MongoDB', () => {
    const { mongo } = readConfig({ ...MONGO, REDIS_URL: 'rediss://:secret@host:6380' });

    expect(mongo?.redis).to.deep.equal({
      url: 'rediss://:secret@host:6380',
      commandTimeoutMs: 30,
      ttlMs: 30_000,
      leaseMs: 15_000,
    });
  });

  it('refuses Redis without MongoDB', () => {
    const message = refusalOf({ REDIS_URL: 'redis://:secret@host' });

    expect(message)
      .to.match(/^REDIS_URL: .*MONGODB_URL/)
      .and.not.to.include('secret');
  });

  it('takes MongoDB URLs of one host, of several, and of a DNS record', () => {
    const urls = ['mongodb://h', 'mongodb://a:1,b:2,[::1]:3/keys?replicaSet=rs', 'mongodb+srv://cluster.test/keys'];

    const taken = urls.map((MONGODB_URL) => readConfig({ MONGODB_URL }).mongo?.url);

    expect(taken).to.deep.equal(urls);
  });

  it('refuses other URLs of MongoDB without showing them', () => {
    for (const wrong of ['mongodb://', 'mongo://secret', 'https://secret', 'secret', ' mongodb://secret']) {
      expect(refusalOf({ MONGODB_URL: wrong }))
        .to.match(/^MONGODB_URL: must be/)
        .and.not.to.include('secret');
    }
  });

  it('needs a confirmation time of at least the lease and two seconds', () => {
    const enough = { ...MONGO, CACHE_LEASE_MS: '20000', CONFIRM_TIMEOUT_MS: '22000' };

    const { mongo } = readConfig(enough);

    expect(mongo?.confirmTimeoutMs).to.equal(22_000);
    expect(refusalOf({ ...enough, CONFIRM_TIMEOUT_MS: '21999' })).to.match(/^CONFIRM_TIMEOUT_MS: .*CACHE_LEASE_MS/);
    expect(refusalOf({ ...MONGO, CACHE_LEASE_MS: '28001' })).to.match(/^CONFIRM_TIMEOUT_MS: /);
  });
});
