import { request as requestHttp1 } from 'node:http';
import { connect, constants } from 'node:http2';
import { expect } from 'chai';
import { HTTP_VERSIONS, type HttpCall } from '../../testkit/clients/http-call.ts';
import { envelope, sendRawGrpc } from '../../testkit/clients/raw-grpc.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

/** Of the service for a request to arrive, and as long again for REST's answer. */
const REQUEST_TIMEOUT_MS = 300;
const COUNTED = { timeoutMs: 1_000 };
const CALLS = /^iterapay_keys_calls_total\{method="(\w+)",code="(\w+)"\} ([1-9]\d*)$/gm;
const MEASURED = /^iterapay_keys_call_duration_seconds_count\{method="(\w+)"\} ([1-9]\d*)$/gm;

const REVOKE = '/iterapay.keys.v1.KeyService/Revoke';
const INFO = '/iterapay.keys.v1.KeyService/Info';
const VALIDATE = '/iterapay.keys.v1.KeyService/Validate';
const MERCHANT = Buffer.from('\x0a\x02m1');
const KEY = 'ipa_live_nothing';
/** gRPC's numbers. */
const DEADLINE_EXCEEDED = '4';
const NOT_FOUND = '5';

/** Calls whose answer does not come before a time limit is over, with what each is to be counted as. */
interface LateCall {
  readonly what: string;
  readonly send: (service: TestService, authorization: string) => Promise<unknown>;
  readonly answer: unknown;
  readonly counted: readonly [method: string, code: string];
}

const connectCall = (timeoutMs: number): HttpCall => ({
  method: 'POST',
  path: INFO,
  headers: { 'content-type': 'application/json', 'connect-timeout-ms': String(timeoutMs) },
  body: '{"merchantId":"m1"}',
});

function withToken(call: HttpCall, authorization: string): HttpCall {
  return { ...call, headers: { ...call.headers, authorization } };
}

const LATE_CALLS: readonly LateCall[] = [
  ...HTTP_VERSIONS.flatMap(({ version, send }): LateCall[] => {
    const statusOf =
      (call: HttpCall) =>
      async ({ httpUrl }: TestService, authorization: string) =>
        (await send(httpUrl, withToken(call, authorization))).status;
    const gateway = { method: 'GET', path: '/key/validate', headers: { 'x-api-key': KEY } };
    return [
      {
        what: `REST, ${version}`,
        send: statusOf({ method: 'GET', path: '/key/info/m1' }),
        answer: 504,
        counted: ['info', 'deadline'],
      },
      {
        what: `the path for gateways, ${version}`,
        send: statusOf(gateway),
        answer: 503,
        counted: ['validateForGateway', 'unavailable'],
      },
      {
        what: `Connect, ${version}`,
        send: statusOf(connectCall(50)),
        answer: 504,
        counted: ['info', 'deadline'],
      },
    ];
  }),
  ...(['httpUrl', 'grpcUrl'] as const).flatMap((port): LateCall[] =>
    (
      [
        ['info', INFO, MERCHANT],
        ['validate', VALIDATE, Buffer.concat([Buffer.from([0x0a, KEY.length]), Buffer.from(KEY)])],
      ] as const
    ).map(([method, path, message]) => ({
      what: `gRPC ${method}, ${port}`,
      send: async (service, authorization) => {
        const headers = { authorization, 'grpc-timeout': '50m' };
        return (await sendRawGrpc(service[port], { path, headers, message }))['grpc-status'];
      },
      answer: DEADLINE_EXCEEDED,
      counted: [method, 'deadline'],
    })),
  ),
];

/** Sends a request and leaves, without waiting for an answer. */
type Abandon = (service: TestService, authorization: string, asked: Promise<void>) => Promise<void>;

function abandonHttp2(port: 'httpUrl' | 'grpcUrl', call: HttpCall, body: Buffer): Abandon {
  return async (service, authorization, asked) => {
    const session = connect(service[port]);
    const stream = session.request(
      { ':method': call.method, ':path': call.path, ...call.headers, authorization },
      { endStream: false },
    );
    stream.on('error', () => undefined);
    stream.end(body);
    await asked;
    stream.close(constants.NGHTTP2_CANCEL);
    session.close();
  };
}

function abandonHttp1({ body, ...call }: HttpCall): Abandon {
  return async ({ httpUrl }, authorization, asked) => {
    const { method, path, headers } = call;
    const request = requestHttp1(httpUrl, { method, path, headers: { ...headers, authorization }, agent: false });
    request.on('error', () => undefined);
    request.end(body);
    await asked;
    request.destroy();
  };
}

const REST_CALL: HttpCall = { method: 'GET', path: '/key/info/m1' };
const CONNECT_CALL: HttpCall = { ...connectCall(60_000), body: '{"merchantId":"m1"}' };
const GRPC_CALL: HttpCall = {
  method: 'POST',
  path: INFO,
  headers: { 'content-type': 'application/grpc', te: 'trailers' },
};

const ABANDONED: Readonly<Record<string, Abandon>> = {
  'REST, HTTP/1.1': abandonHttp1(REST_CALL),
  'REST, HTTP/2': abandonHttp2('httpUrl', REST_CALL, Buffer.alloc(0)),
  'Connect, HTTP/1.1': abandonHttp1(CONNECT_CALL),
  'Connect, HTTP/2': abandonHttp2('httpUrl', CONNECT_CALL, Buffer.from('{"merchantId":"m1"}')),
  'gRPC, HTTP port': abandonHttp2('httpUrl', GRPC_CALL, envelope(MERCHANT)),
  'gRPC, gRPC port': abandonHttp2('grpcUrl', GRPC_CALL, envelope(MERCHANT)),
};

/** The calls counted so far, and those whose duration was. */
async function readCounts({ adminUrl }: TestService): Promise<{ readonly calls: object; readonly measured: object }> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return {
    calls: Object.fromEntries(
      [...text.matchAll(CALLS)].map(([, method, code, count]) => [`${method} ${code}`, Number(count)]),
    ),
    measured: Object.fromEntries([...text.matchAll(MEASURED)].map(([, method, count]) => [method, Number(count)])),
  };
}

describe('A call whose caller is answered, or leaves, before it has ended', () => {
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

  async function restart(environment: Readonly<Record<string, string>>): Promise<void> {
    await service.stop();
    service = await startService({ ...jwks.environment, ...environment });
  }

  /** Lets the call end by itself, and another one after it. */
  async function letItEnd(): Promise<void> {
    jwks.release();
    const headers = { authorization: jwks.authorization };
    const reply = await sendRawGrpc(service.grpcUrl, { path: REVOKE, headers, message: MERCHANT });
    expect(reply['grpc-status']).to.equal(NOT_FOUND);
  }

  for (const { what, send, answer, counted } of LATE_CALLS) {
    it(`is counted once, and at once, as the ${counted[1]} that it got (${what})`, async () => {
      await restart({ REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS) });

      const got = await send(service, jwks.authorization);
      const [method, code] = counted;
      const atOnce = { calls: { [`${method} ${code}`]: 1 }, measured: { [method]: 1 } };
      await waitUntil('it is counted', async () => expect(await readCounts(service)).to.deep.equal(atOnce), COUNTED);
      await letItEnd();
      const later = await readCounts(service);

      expect(got).to.equal(answer);
      expect(later).to.deep.equal({
        calls: { ...atOnce.calls, 'revoke not_found': 1 },
        measured: { ...atOnce.measured, revoke: 1 },
      });
    });
  }

  for (const [what, abandon] of Object.entries(ABANDONED)) {
    it(`is counted once, and at once, as cancelled where the caller left (${what})`, async () => {
      await abandon(service, jwks.authorization, jwks.asked());
      const atOnce = { calls: { 'info cancelled': 1 }, measured: { info: 1 } };
      await waitUntil('it is counted', async () => expect(await readCounts(service)).to.deep.equal(atOnce), COUNTED);
      await letItEnd();
      const later = await readCounts(service);

      expect(later).to.deep.equal({
        calls: { ...atOnce.calls, 'revoke not_found': 1 },
        measured: { ...atOnce.measured, revoke: 1 },
      });
    });
  }
});
