import { expect } from 'chai';
import { describeEachTransport, MEMBER_METHODS, validate } from '../../testkit/clients/each-transport.ts';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { sendRawGrpc } from '../../testkit/clients/raw-grpc.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const PATH = '/iterapay.keys.v1.KeyService/Info';
const JSON_TYPE = { 'content-type': 'application/json' };
/** gRPC's numbers. */
const NOT_FOUND = '5';
const INVALID_ARGUMENT = '3';
const INTERNAL = '13';
/** Long before a call ends by itself. */
const IN_TIME_MS = 2_000;

describe('A call that takes longer than its client wants to wait', () => {
  let jwks: HeldJwks;
  let service: TestService;

  before(async () => {
    jwks = await startHeldJwks();
    service = await startService(jwks.environment);
  });

  after(async () => {
    jwks.close();
    await service.stop();
  });

  describeEachTransport(
    'ends as DEADLINE_EXCEEDED for its client',
    () => service,
    (client) => {
      for (const method of [...MEMBER_METHODS, validate] as typeof MEMBER_METHODS) {
        for (const timeoutMs of [1, 50]) {
          it(`${method.name} with ${timeoutMs} ms`, async () => {
            const { authorization } = jwks;
            const startedAtMs = performance.now();

            const failure = await failureOf(client().call(method, { merchantId: 'm1' }, { authorization, timeoutMs }));

            expect(failure.status).to.equal('DEADLINE_EXCEEDED');
            expect(performance.now() - startedAtMs).to.be.lessThan(IN_TIME_MS);
          });
        }
      }
    },
  );

  for (const { version, send } of HTTP_VERSIONS) {
    it(`is ended by the service itself with deadline_exceeded (Connect, ${version})`, async () => {
      const headers = { ...JSON_TYPE, authorization: jwks.authorization, 'connect-timeout-ms': '50' };

      const reply = await send(service.httpUrl, { method: 'POST', path: PATH, headers, body: '{"merchantId":"m1"}' });

      expect(reply.status).to.equal(504);
      expect(JSON.parse(reply.text)).to.include({ code: 'deadline_exceeded' });
    });

    it(`is ended by the service itself with status 4 (gRPC-Web, ${version})`, async () => {
      const { authorization } = jwks;
      const headers = { 'content-type': 'application/grpc-web', authorization, 'grpc-timeout': '50m' };
      const body = Buffer.from('\0\0\0\0\x04\x0a\x02m1');

      const reply = await send(service.httpUrl, { method: 'POST', path: PATH, headers, body });

      expect(`${reply.text}${JSON.stringify(reply.headers)}`).to.match(/grpc-status"?: ?"?4\b/);
    });
  }

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    for (const timeout of ['50m', '1n', '1u', '1m']) {
      it(`is ended by the service itself with status 4 (gRPC, ${timeout}, ${port})`, async () => {
        const headers = { authorization: jwks.authorization, 'grpc-timeout': timeout };

        const reply = await sendRawGrpc(service[port], { path: PATH, headers, message: Buffer.from('\x0a\x02m1') });

        expect(reply['grpc-status']).to.equal('4');
      });
    }
  }
});

describe('A call whose client wants to wait very long', () => {
  let jwks: HeldJwks;
  let service: TestService;

  beforeEach(async () => {
    jwks = await startHeldJwks();
    service = await startService(jwks.environment);
  });

  afterEach(async () => {
    jwks.close();
    await service.stop();
  });

  for (const [port, timeout] of [
    ['httpUrl', '99999999H'],
    ['httpUrl', '61M'],
    ['grpcUrl', '99999999H'],
    ['grpcUrl', '2147484S'],
    ['grpcUrl', '597H'],
    ['grpcUrl', '61M'],
  ] as const) {
    it(`is served (gRPC, ${timeout}, ${port})`, async () => {
      const headers = { authorization: jwks.authorization, 'grpc-timeout': timeout };

      const replying = sendRawGrpc(service[port], { path: PATH, headers, message: Buffer.from('\x0a\x02m1') });
      await jwks.asked();
      jwks.release();
      const reply = await replying;

      expect(reply['grpc-status'], String(reply['grpc-message'])).to.equal(NOT_FOUND);
    });
  }

  for (const timeout of ['3600001', '9999999999']) {
    for (const { version, send } of HTTP_VERSIONS) {
      it(`is served (Connect, ${timeout} ms, ${version})`, async () => {
        const headers = { ...JSON_TYPE, authorization: jwks.authorization, 'connect-timeout-ms': timeout };

        const replying = send(service.httpUrl, { method: 'POST', path: PATH, headers, body: '{"merchantId":"m1"}' });
        await jwks.asked();
        jwks.release();

        expect((await replying).status).to.equal(404);
      });
    }
  }
});

describe('A call whose time limit is malformed', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const timeout of ['999999999H', '2147484SS', '1h', 'x', '-1S', '1S1H']) {
    for (const port of ['httpUrl', 'grpcUrl'] as const) {
      it(`is refused before anything happens (gRPC, ${timeout}, ${port})`, async () => {
        const key = await generateKey(service.httpUrl, 'm1');
        const path = '/iterapay.keys.v1.KeyService/Generate';
        const headers = { authorization: await bearer(), 'grpc-timeout': timeout };

        const reply = await sendRawGrpc(service[port], { path, headers, message: Buffer.from('\x0a\x02m1') });
        // The store keeps the order of writes: a key of the refused call would be stored before this one.
        await generateKey(service.httpUrl, 'm2');

        expect(reply['grpc-status']).to.be.oneOf([INVALID_ARGUMENT, INTERNAL]);
        expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      });
    }
  }
});
