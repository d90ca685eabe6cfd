import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const JWKS = { JWT_HS256_SECRET: '', VALIDATE_AUTH: 'jwt' };

const MEMBERS = [
  { method: 'POST', path: '/key/generate/m1' },
  { method: 'GET', path: '/key/info/m1' },
  { method: 'DELETE', path: '/key/revoke/m1' },
] as const;

/** Listens on a port of its own and leaves each connection to `serve`. */
async function listen(serve: (socket: Socket) => void): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** A token whose algorithm fits a published key, so that the key is asked for. */
async function unknownKeyBearer(): Promise<string> {
  const [, claims = ''] = (await bearer({ scope: 'keys.validate' })).split('.');
  const header = Buffer.from('{"alg":"ES256","kid":"k1"}').toString('base64url');
  return `Bearer ${header}.${claims}.${Buffer.alloc(64).toString('base64url')}`;
}

describe('While the keys of tokens cannot be fetched, since nothing listens there', () => {
  let service: TestService;

  before(async () => {
    const { server, port } = await listen((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
    service = await startService({ ...JWKS, JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks` });
  });

  after(() => service.stop());

  for (const { version, send } of HTTP_VERSIONS) {
    for (const call of [
      ...MEMBERS,
      { method: 'GET', path: '/key/validate' },
      { method: 'GET', path: '/key/validate/-' },
    ]) {
      it(`${call.method} ${call.path} answers 503 with Retry-After (${version})`, async () => {
        const headers = { authorization: await unknownKeyBearer(), 'x-api-key': 'ipa_live_x' };

        const reply = await send(service.httpUrl, { ...call, headers });

        expectProblem(reply, { status: 503, code: 'unavailable', instance: call.path });
        expect(reply.text).not.to.match(/127\.0\.0\.1|ECONNREFUSED|jwks/i);
      });
    }

    it(`a token that needs no key to be refused is still refused with 401 (${version})`, async () => {
      const headers = { authorization: 'Bearer x.y.z' };

      const reply = await send(service.httpUrl, { method: 'GET', path: '/key/info/m1', headers });

      expectProblem(reply, { status: 401, code: 'unauthenticated', instance: '/key/info/m1' });
    });
  }
});

describe('While the keys of tokens cannot be fetched, since their server never answers', () => {
  const TIMEOUT_MS = 200;
  /** Long before the download itself is given up. */
  const IN_TIME_MS = 2_000;
  const sockets = new Set<Socket>();
  let silent: Server;
  let service: TestService;

  before(async () => {
    const { server, port } = await listen((socket) => sockets.add(socket));
    silent = server;
    service = await startService({
      ...JWKS,
      JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
      REQUEST_TIMEOUT_MS: String(TIMEOUT_MS),
    });
  });

  after(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await service.stop();
  });

  for (const { version, send } of HTTP_VERSIONS) {
    for (const call of MEMBERS) {
      it(`${call.method} ${call.path} answers 504 in time (${version})`, async () => {
        const headers = { authorization: await unknownKeyBearer() };
        const startedAtMs = performance.now();

        const reply = await send(service.httpUrl, { ...call, headers });

        expectProblem(reply, { status: 504, code: 'deadline', instance: call.path });
        expect(performance.now() - startedAtMs).to.be.within(TIMEOUT_MS - 50, IN_TIME_MS);
      });
    }

    it(`a gateway gets 503 in time, since it understands no 504 (${version})`, async () => {
      const headers = { authorization: await unknownKeyBearer(), 'x-api-key': 'ipa_live_x' };
      const startedAtMs = performance.now();

      const reply = await send(service.httpUrl, { method: 'GET', path: '/key/validate', headers });

      expectProblem(reply, { status: 503, code: 'unavailable', instance: '/key/validate' });
      expect(performance.now() - startedAtMs).to.be.within(TIMEOUT_MS - 50, IN_TIME_MS);
    });
  }
});
