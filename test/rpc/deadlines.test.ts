import { expect } from 'chai';
import { describeEachDoor, MEMBER_METHODS, validate } from '../support/each-door.ts';
import { type HeldJwks, startHeldJwks } from '../support/held-jwks.ts';
import { HTTP_VERSIONS } from '../support/http-call.ts';
import { sendRawGrpc } from '../support/raw-grpc.ts';
import { failureOf } from '../support/rpc-client.ts';
import { startService, type TestService } from '../support/service.ts';

const PATH = '/iterapay.keys.v1.KeyService/Info';
const JSON_TYPE = { 'content-type': 'application/json' };
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

  describeEachDoor(
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

  it('is refused from the start where the client wants to wait longer than an hour (Connect)', async () => {
    const [http1] = HTTP_VERSIONS;
    const headers = { ...JSON_TYPE, 'connect-timeout-ms': '3600001' };

    const reply = await http1?.send(service.httpUrl, { method: 'POST', path: PATH, headers, body: '{}' });

    expect(reply?.status).to.equal(400);
    expect(JSON.parse(reply?.text ?? '')).to.include({ code: 'invalid_argument' });
  });
});
