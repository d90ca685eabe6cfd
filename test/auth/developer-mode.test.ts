import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { openDeveloperKey } from '../../src/auth/developer-key.ts';
import { ConfigError } from '../../src/config/config.ts';
import { validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import { startService } from '../../testkit/service/service-in-process.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';

const DEVELOPER_MODE = { JWT_HS256_SECRET: '', JWT_ISSUER: '', JWT_AUDIENCE: '', VALIDATE_AUTH: '' };
const KEY_FILE = 'developer-key.pem';
const TWELVE_HOURS_S = 12 * 3600;

/** The lines of standard output that are a token and nothing else. */
function printedTokens(service: ServiceProcess): readonly string[] {
  const lines = service.output().stdout.split('\n');
  return lines.filter((line) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(line));
}

function tokenOf(service: ServiceProcess): string {
  const [token] = printedTokens(service);
  if (token === undefined) throw new Error('no token was printed');
  return token;
}

async function generateStatus(httpUrl: string, token: string, merchant = 'm1'): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${httpUrl}/key/generate/${merchant}`, { method: 'POST', headers });
  await response.arrayBuffer();
  return response.status;
}

describe('Developer mode', () => {
  const services = shareServices();

  function dataDirectory(): string {
    return join(services.directory(), 'data');
  }

  it('prints one token, which is good for every merchant for 12 hours, and a command that works with it', async () => {
    const service = await services.start(DEVELOPER_MODE);
    const [token = '', ...further] = printedTokens(service);

    const statuses = await Promise.all(
      ['m1', 'm2'].map((merchant) => generateStatus(service.httpUrl, token, merchant)),
    );

    const { exp = 0, iat = 0, merchant_id, scope } = decodeJwt(token);
    const command = `curl --request POST --header "Authorization: Bearer ${token}" ${service.httpUrl}/key/generate/m1`;
    expect(statuses).to.deep.equal([200, 200]);
    expect(further).to.deep.equal([]);
    expect({ merchant_id, scope }).to.deep.equal({ merchant_id: '*', scope: 'keys.validate' });
    expect(exp - iat).to.equal(TWELVE_HOURS_S);
    expect(
      service
        .output()
        .stdout.split('\n')
        .filter((line) => line === command),
    ).to.have.length(1);
    expect(service.output().stderr).to.equal('');
  });

  it('has the token in no log line, whatever is logged and whatever is done with the token', async () => {
    const JWT_MERCHANT_CLAIM = 'https://login.test/merchant';
    const service = await services.start({ ...DEVELOPER_MODE, LOG_LEVEL: 'trace', JWT_MERCHANT_CLAIM });
    const token = tokenOf(service);
    const headers = { authorization: `Bearer ${token}` };

    const status = await generateStatus(service.httpUrl, token);
    await generateStatus(service.httpUrl, `${token}x`);
    await (await fetch(`${service.httpUrl}/${token}`, { headers })).arrayBuffer();
    await (await fetch(`${service.httpUrl}/key/info/${token}`, { headers })).arrayBuffer();
    const exitCode = await service.end('SIGTERM');

    const lines = JSON.stringify(logLines(service));
    expect([status, exitCode]).to.deep.equal([200, 0]);
    expect(decodeJwt(token))
      .to.include({ [JWT_MERCHANT_CLAIM]: '*' })
      .and.not.to.have.property('merchant_id');
    expect(logLines(service).length).to.be.above(1);
    for (const part of token.split('.')) expect(lines).not.to.include(part.slice(0, 12));
    expect(service.output().stdout.split(token), 'alone, and in the command').to.have.length(3);
    expect(service.output().stderr).to.equal('');
  });

  it('makes its key once, for its owner alone, and uses it after a restart too', async () => {
    const first = await services.start(DEVELOPER_MODE);
    const token = tokenOf(first);
    const path = join(dataDirectory(), KEY_FILE);
    const pem = readFileSync(path, 'utf8');
    const modes = [dataDirectory(), path].map((made) => statSync(made).mode & 0o777);
    await first.end('SIGTERM');

    const second = await startService({ ...DEVELOPER_MODE, DATA_DIR: dataDirectory() });
    const status = await generateStatus(second.httpUrl, token);
    await second.stop();

    expect(modes).to.deep.equal([0o700, 0o600]);
    expect(readFileSync(path, 'utf8')).to.equal(pem);
    expect(status).to.equal(200);
  });

  it('has one key for all services that start at once on one directory: each takes the tokens of all', async () => {
    const started = await Promise.all([1, 2, 3].map(() => services.start(DEVELOPER_MODE)));
    const tokens = started.map(tokenOf);

    const statuses = await Promise.all(
      started.flatMap(({ httpUrl }) => tokens.map((token, at) => generateStatus(httpUrl, token, `m${at}`))),
    );

    const keyFiles = readdirSync(dataDirectory()).filter((name) => name.startsWith('developer-key'));
    expect(statuses).to.deep.equal(Array(9).fill(200));
    expect(keyFiles).to.deep.equal([KEY_FILE]);
    expect(statSync(join(dataDirectory(), KEY_FILE)).mode & 0o777).to.equal(0o600);
  });

  it('needs no token for Validate; with VALIDATE_AUTH=jwt its tokens of the right scope do', async () => {
    const { issue } = openDeveloperKey(dataDirectory());
    const authorization = `Bearer ${await issue({ scope: 'keys.validate' }, 60)}`;
    const environment = { ...DEVELOPER_MODE, DATA_DIR: dataDirectory() };
    const open = await startService(environment);
    const closed = await startService({ ...environment, VALIDATE_AUTH: 'jwt' });
    const [openClient, closedClient] = [
      grpcJsTransport('gRPC port').connect(open),
      grpcJsTransport('gRPC port').connect(closed),
    ];

    const anonymous = await openClient.call(validate, { apiKey: 'x' });
    const refused = await failureOf(closedClient.call(validate, { apiKey: 'x' }));
    const allowed = await closedClient.call(validate, { apiKey: 'x' }, { authorization });
    openClient.close();
    closedClient.close();
    await Promise.all([open.stop(), closed.stop()]);

    expect([anonymous.valid, allowed.valid]).to.deep.equal([false, false]);
    expect(refused.status).to.equal('UNAUTHENTICATED');
  });

  it('takes no token of another directory', async () => {
    const other = openDeveloperKey(join(services.directory(), 'other'));
    const service = await startService({ ...DEVELOPER_MODE, DATA_DIR: dataDirectory() });

    const status = await generateStatus(service.httpUrl, await other.issue({ merchant_id: '*' }, 60));
    await service.stop();

    expect(status).to.equal(401);
  });

  it('ends where a JWT key is configured: no token is printed, no key made, and none of its tokens taken', async () => {
    const developer = openDeveloperKey(join(services.directory(), 'other'));
    const service = await services.start();

    const status = await generateStatus(service.httpUrl, await developer.issue({ merchant_id: '*' }, 60));

    expect(status).to.equal(401);
    expect(service.output().stdout).not.to.match(/eyJ|Developer mode/);
    expect(readdirSync(dataDirectory())).not.to.include(KEY_FILE);
  });

  it('does not start, and neither shows nor replaces it, where the key file holds no key', async () => {
    const path = join(dataDirectory(), KEY_FILE);
    mkdirSync(dataDirectory());
    writeFileSync(path, 'no key, but a secret');

    const failure: unknown = await startService({ ...DEVELOPER_MODE, DATA_DIR: dataDirectory() }).catch(
      (error: unknown) => error,
    );

    expect(failure).to.be.instanceOf(ConfigError);
    expect(failure)
      .to.have.property('message')
      .that.matches(/^DATA_DIR: cannot be used: [^\n]+$/);
    expect(failure).to.have.property('message').that.does.not.include('secret');
    expect(readFileSync(path, 'utf8')).to.equal('no key, but a secret');
  });
});
