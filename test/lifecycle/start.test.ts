import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { logLines } from '../../testkit/service/log-lines.ts';
import { ServiceExited } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';

/** How a service ended that must not start. */
async function failureOf(starting: Promise<unknown>): Promise<ServiceExited> {
  try {
    await starting;
  } catch (error) {
    if (error instanceof ServiceExited) return error;
    throw error;
  }
  throw new Error('the service started');
}

describe('A service that starts', () => {
  const services = shareServices();

  it('says in one line on which ports it listens, and listens there', async () => {
    const service = await services.start();

    const lines = logLines(service).filter(({ msg }) => msg === 'listening');
    const answers = await Promise.all([
      fetch(`${service.httpUrl}/key/info/m1`),
      fetch(`${service.adminUrl}/healthz`),
      fetch(`${service.adminUrl}/readyz`),
    ]);

    const ports = [service.httpUrl, service.grpcUrl, service.adminUrl].map((url) => Number(new URL(url).port));
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.include({
      level: 'info',
      ports: { http: ports[0], grpc: ports[1], admin: ports[2] },
      pid: service.child.pid,
    });
    expect(new Set(ports).size).to.equal(3);
    expect(Math.min(...ports)).to.be.above(0);
    expect(answers.map(({ status }) => status)).to.deep.equal([401, 200, 200]);
    expect(service.output().stderr).to.equal('');
  });
});

describe('A service whose port is in use', () => {
  const services = shareServices();
  let occupant: Server;
  let port: number;

  before(async () => {
    occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    ({ port } = occupant.address() as AddressInfo);
  });

  after(() => occupant.close());

  for (const variable of ['HTTP_PORT', 'GRPC_PORT', 'ADMIN_PORT']) {
    it(`names ${variable} in one line and ends with exit code 1`, async () => {
      const { exitCode, stderr } = await failureOf(services.start({ [variable]: String(port) }));

      expect(stderr).to.equal(`${variable}: cannot listen on 127.0.0.1 port ${port}: the port is in use\n`);
      expect(exitCode).to.equal(1);
    });
  }
});

describe('A service whose data directory cannot be used', () => {
  const DEVELOPER_MODE = { JWT_HS256_SECRET: '', JWT_ISSUER: '', JWT_AUDIENCE: '' };
  const services = shareServices();

  for (const [mode, environment] of Object.entries({ 'with a JWT key': {}, 'in developer mode': DEVELOPER_MODE })) {
    for (const [what, below] of Object.entries({ 'a regular file': '', 'below a regular file': '/data' })) {
      it(`says so in one line and ends with exit code 1, when it is ${what} (${mode})`, async () => {
        const file = join(services.directory(), 'file');
        writeFileSync(file, 'not a directory');

        const { exitCode, stderr } = await failureOf(services.start({ ...environment, DATA_DIR: `${file}${below}` }));

        expect(stderr).to.match(/^DATA_DIR: cannot be used: [^\n]+\n$/);
        expect(exitCode).to.equal(1);
      });
    }
  }

  it('says so in one line and ends with exit code 1, when what is there is no store', async () => {
    writeFileSync(join(services.directory(), 'keys.lmdb'), 'not a store'.repeat(10_000));

    const { exitCode, stderr } = await failureOf(services.start({ DATA_DIR: services.directory() }));

    expect(stderr).to.match(/^DATA_DIR: cannot be used: [^\n]+\n$/);
    expect(exitCode).to.equal(1);
  });
});

describe('A service whose configuration is wrong', () => {
  const services = shareServices();

  it('has a line for every wrong variable, shows no value, and ends with exit code 1', async () => {
    const wrong = { HTTP_PORT: '65536', KEY_PREFIX: 'no-underscore', LOG_LEVEL: 'loud', JWT_HS256_SECRET: 'too-short' };

    const { exitCode, stderr } = await failureOf(services.start(wrong));

    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line) => line.split(':', 1)[0])).to.have.members(Object.keys(wrong));
    for (const value of Object.values(wrong)) expect(stderr).not.to.include(value);
    expect(exitCode).to.equal(1);
  });

  for (const [what, environment, name] of [
    ['a token key without an audience', { JWT_AUDIENCE: '' }, 'JWT_AUDIENCE'],
    ['no token key on an address that others reach', { HOST: '0.0.0.0', JWT_HS256_SECRET: '' }, 'JWT_ISSUER'],
    ['a feature that is not there yet', { TLS_CERT_FILE: 'cert.pem' }, 'TLS_CERT_FILE'],
  ] as const) {
    it(`refuses ${what} in one line with exit code 1`, async () => {
      const { exitCode, stderr } = await failureOf(services.start(environment));

      expect(stderr)
        .to.match(/^[^\n]+\n$/)
        .and.to.match(new RegExp(`^${name}\\b`));
      expect(exitCode).to.equal(1);
    });
  }
});
