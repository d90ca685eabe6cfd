import { expect } from 'chai';
import type { KeyServiceMethods } from '../../src/api/key-service-methods.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { createConnectHandler } from '../../src/transport/connect/connect-handler.ts';
import type { Http2Limits } from '../../src/transport/connection/http2-limits.ts';
import { listenGrpc } from '../../src/transport/grpc/grpc-listener.ts';
import { listenHttp } from '../../src/transport/http/http-listener.ts';
import type { HttpHandler } from '../../src/transport/http/request.ts';
import type { Listener } from '../../src/transport/listener.ts';
import { describeEachTransport, validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import type { Origins } from '../../testkit/clients/rpc-transports.ts';

/** The design's table: each stable code and its status on the RPC transports. */
const STATUS_OF_CODE = {
  invalid_request: 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  too_large: 'RESOURCE_EXHAUSTED',
  rate_limited: 'RESOURCE_EXHAUSTED',
  deadline: 'DEADLINE_EXCEEDED',
  unavailable: 'UNAVAILABLE',
  outcome_unknown: 'UNAVAILABLE',
  revocation_unconfirmed: 'UNAVAILABLE',
  internal: 'INTERNAL',
} as const;

const MESSAGE = 'What the caller may know ü 100 % of it.';
const SECRET = 'what must stay inside';

const LIMITS: Http2Limits = {
  maxStreams: 100,
  maxHeaderBytes: 16_384,
  requestTimeoutMs: 10_000,
  callTimeoutMs: 20_000,
  pingIntervalMs: 20_000,
  idleTimeoutMs: 20_000,
  maxAgeMs: 20_000,
};

/** The transports alone, in front of methods that fail as each test asks. */
async function listenWithFailure(failure: () => unknown): Promise<Origins & { close(): Promise<void> }> {
  const fail = () => Promise.reject(failure());
  const methods: KeyServiceMethods = {
    generate: fail,
    info: fail,
    revoke: fail,
    validate: fail,
    validateForGateway: fail,
  };
  const refuse: HttpHandler = (_request, response) => {
    response.statusCode = 400;
    response.end();
  };
  const refusals = { malformed: () => '', expectation: refuse, tunnel: refuse, tunnelText: () => '' };
  const ignore = () => undefined;
  const observer = { opened: ignore, closed: ignore, refused: ignore, ended: ignore };
  const common = { host: '127.0.0.1', port: 0, maxMessageBytes: 1024, maxConnections: 100, limits: LIMITS, observer };
  const handler = createConnectHandler(methods, {
    bodyLimits: { maxBytes: 1024, timeoutMs: LIMITS.requestTimeoutMs },
    stopping: new AbortController().signal,
    fallback: refuse,
    onUnanswered: ignore,
  });
  const listeners: Listener[] = [await listenHttp(handler, { ...common, refusals }), await listenGrpc(methods, common)];
  const [httpUrl = '', grpcUrl = ''] = listeners.map(({ port }) => `http://127.0.0.1:${port}`);
  return {
    httpUrl,
    grpcUrl,
    async close() {
      await Promise.all(listeners.map((listener) => listener.drain()));
    },
  };
}

describe('The table of errors', () => {
  let failure: unknown;
  let transports: Origins & { close(): Promise<void> };

  before(async () => {
    transports = await listenWithFailure(() => failure);
  });

  after(() => transports.close());

  describeEachTransport(
    'holds',
    () => transports,
    (client) => {
      for (const [code, status] of Object.entries(STATUS_OF_CODE)) {
        it(`${code} is ${status} with the message and nothing of the cause`, async () => {
          failure = new ServiceError(code as keyof typeof STATUS_OF_CODE, MESSAGE, { cause: new Error(SECRET) });

          const seen = await failureOf(client().call(validate, {}));

          expect(seen.status).to.equal(status);
          expect(seen.message).to.equal(MESSAGE);
          expect(seen.errorInfos).to.deep.equal([{ reason: code.toUpperCase(), domain: 'iterapay.keys.v1' }]);
        });
      }

      for (const [what, foreign] of [
        ['an Error', new Error(SECRET)],
        ['a string', SECRET],
        ['nothing', undefined],
      ] as const) {
        it(`${what} that is no error of the service is INTERNAL, and its text stays inside`, async () => {
          failure = foreign;

          const seen = await failureOf(client().call(validate, {}));

          expect(seen.status).to.equal('INTERNAL');
          expect(seen.message).not.to.contain(SECRET);
          expect(seen.errorInfos).to.deep.equal([{ reason: 'INTERNAL', domain: 'iterapay.keys.v1' }]);
        });
      }
    },
  );
});
