import { expect } from 'chai';
import type { JWTVerifyGetKey } from 'jose';
import { readMoment } from '../../src/auth/moment.ts';
import { loadTokenKey } from '../../src/auth/token-key.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger, redactText } from '../../src/ops/logger.ts';
import { createRedaction } from '../../src/redaction.ts';
import { createMongoAccess } from '../../src/store/mongo/access.ts';
import { createMongoStore } from '../../src/store/mongo/mongo-store.ts';
import { connectRedis } from '../../src/store/redis/redis-connection.ts';
import { BAD_SERVERS, type BadServer } from '../../testkit/servers/bad-servers.ts';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import { type MongoServer, startMongoServer } from '../../testkit/servers/mongo-server.ts';
import { type RedisServer, startRedisServer } from '../../testkit/servers/redis-server.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import { ServiceExited } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const PASSWORD = 's3cret p@ss:w/rd "ä" 100%';
const ENCODED = encodeURIComponent(PASSWORD);
const USER = 'operator';
const TIMEOUT_MS = 300;

const base64 = (text: string) => Buffer.from(text).toString('base64');
const SPELLINGS = [
  PASSWORD,
  ENCODED,
  JSON.stringify(PASSWORD).slice(1, -1),
  base64(PASSWORD),
  base64(`${USER}:${PASSWORD}`),
  base64(`\0${USER}\0${PASSWORD}`),
];

type Driver = 'redis' | 'mongodb' | 'jwks';

/** How each driver is made to connect, and fails. */
const DRIVERS: Readonly<Record<Driver, (url: string) => Promise<unknown>>> = {
  redis: (url) => connectRedis({ url, connectTimeoutMs: TIMEOUT_MS, commandTimeoutMs: TIMEOUT_MS }),
  async mongodb(url) {
    let access: ReturnType<typeof createMongoAccess> | undefined;
    try {
      access = createMongoAccess({ url, timeoutMs: TIMEOUT_MS });
      await createMongoStore(access).createIndexes();
    } finally {
      await access?.close();
    }
  },
  async jwks(url) {
    const { jwt } = readConfig(jwksEnvironment(url));
    if (jwt === undefined) throw new Error('no key is configured');
    const ignore = () => undefined;
    const { key } = loadTokenKey(jwt, { clock: readMoment, observer: { fetched: ignore, fetchFailed: ignore } });
    await (key as JWTVerifyGetKey)({ alg: 'ES256', kid: 'k1' }, { payload: '', signature: '' });
  },
};

function jwksEnvironment(url: string) {
  return { JWT_JWKS_URL: url, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_JWKS_TIMEOUT_MS: String(TIMEOUT_MS) };
}

function urlOf(driver: Driver, address: string, isTls: boolean): string {
  if (driver === 'jwks') return `http${isTls ? 's' : ''}://${address}/jwks?token=${ENCODED}`;
  if (driver === 'redis') return `redis${isTls ? 's' : ''}://${USER}:${ENCODED}@${address}`;
  return `mongodb://${USER}:${ENCODED}@${address}/?tls=${isTls}&directConnection=true`;
}

async function failureOf(connecting: Promise<unknown>): Promise<unknown> {
  try {
    await connecting;
  } catch (error) {
    return error;
  }
  throw new Error('it connected');
}

/** What the service would log of the error, and print on standard error. */
function shownOf(driver: Driver, url: string, error: unknown): { log: string; stderr: string } {
  const redaction = createRedaction(
    readConfig({
      MONGODB_URL: driver === 'mongodb' ? url : 'mongodb://127.0.0.1',
      ...(driver === 'redis' && { REDIS_URL: url }),
      ...(driver === 'jwks' && jwksEnvironment(url)),
    }),
  );
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  createLogger('trace', redaction, output).error({ error }, 'failed');
  return { log: lines.join(''), stderr: redactText(String((error as Error).message), redaction) };
}

function expectNothingShown({ log, stderr }: { log: string; stderr: string }): void {
  for (const spelling of SPELLINGS) expect(`${log}${stderr}`).not.to.include(spelling);
  const { error } = JSON.parse(log);
  expect(error).to.have.any.keys('stack');
  expect(error.message).not.to.equal('');
}

for (const driver of ['redis', 'mongodb', 'jwks'] as const) {
  describe(`The log, where ${driver} cannot be used`, () => {
    let bad: BadServer | undefined;

    afterEach(() => {
      bad?.close();
      bad = undefined;
    });

    async function fail(address: string, isTls = false): Promise<string> {
      const url = urlOf(driver, address, isTls);
      const shown = shownOf(driver, url, await failureOf(DRIVERS[driver](url)));
      expectNothingShown(shown);
      return shown.log;
    }

    it('has the reason and not the password, at a port where nothing listens', async () => {
      expect(await fail(`127.0.0.1:${await findFreePort()}`)).to.include('ECONNREFUSED');
    });

    it('has the reason and not the password, at a host that does not exist', async () => {
      expect(await fail('nowhere.invalid:6379', driver === 'jwks')).to.match(/ENOTFOUND|EAI_AGAIN/);
    });

    for (const [what, start] of Object.entries(BAD_SERVERS)) {
      for (const isTls of [false, true]) {
        it(`has a reason and not the password, at a server ${what}, ${isTls ? 'with' : 'without'} TLS`, async () => {
          bad = await start();

          await fail(`127.0.0.1:${bad.port}`, isTls);
        });
      }
    }
  });
}

describe('The log, where a server refuses the password', () => {
  let redis: RedisServer;
  let mongo: MongoServer;

  before('install the servers where they are missing', async function () {
    this.timeout(300_000);
    [redis, mongo] = await Promise.all([startRedisServer({ password: 'another one' }), startMongoServer()]);
  });

  after(() => Promise.all([redis.stop(), mongo.stop()]));

  for (const driver of ['redis', 'mongodb'] as const) {
    for (const isTls of [false, true]) {
      const how = isTls ? 'with TLS, of which it knows nothing' : 'without TLS';
      it(`has the reason and not the password (${driver}, ${how})`, async () => {
        const { port } = driver === 'redis' ? redis : mongo;
        const url = urlOf(driver, `127.0.0.1:${port}`, isTls);

        const error = await failureOf(DRIVERS[driver](url));
        const shown = shownOf(driver, url, error);

        expectNothingShown(shown);
        if (!isTls) expect(shown.log).to.match(/WRONGPASS|[Aa]uth/);
      });
    }
  }

  describe('of the running service', () => {
    const services = shareServices();

    it('has the reason and not the password of Redis, and the service goes on without it', async () => {
      const service = await services.start({
        MONGODB_URL: mongo.url,
        REDIS_URL: urlOf('redis', `127.0.0.1:${redis.port}`, false),
      });

      const line = await waitUntil(
        'Redis is refused',
        () => {
          const found = logLines(service).find(({ msg }) => msg === 'Redis is not used: validations ask MongoDB');
          if (found === undefined) throw new Error('no such line');
          return found;
        },
        { timeoutMs: 10_000 },
      );
      const status = await fetch(`${service.adminUrl}/readyz`).then((response) => response.status);

      expect(JSON.stringify(line)).to.include('WRONGPASS');
      expect(line['error']).to.have.all.keys('type', 'message', 'stack', 'cause');
      expect((line['error'] as { cause: object }).cause).to.have.all.keys('type', 'message', 'stack');
      const { stdout, stderr } = service.output();
      for (const spelling of SPELLINGS) expect(`${stdout}${stderr}`).not.to.include(spelling);
      expect(status).to.equal(200);
    });

    for (const [what, url] of [
      ['wrong', () => urlOf('mongodb', `127.0.0.1:${mongo.port}`, false)],
      ['not encoded', () => `mongodb://${USER}/:pass-word@127.0.0.1:${mongo.port}/`],
      ['in the place of the name', () => 'mongodb://pass-word%:x@127.0.0.1/'],
    ] as const) {
      it(`shows no password on standard error where that of MongoDB is ${what}`, async () => {
        const failure = await failureOf(services.start({ MONGODB_URL: url(), MONGODB_TIMEOUT_MS: '300' }));

        expect(failure).to.be.instanceOf(ServiceExited);
        const { exitCode, stderr } = failure as ServiceExited;
        expect(exitCode).to.equal(1);
        expect(stderr).to.match(/^MONGODB_URL: [^\n]+\n$/);
        for (const spelling of [...SPELLINGS, 'pass-word']) expect(stderr).not.to.include(spelling);
      });
    }
  });
});
