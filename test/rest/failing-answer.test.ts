import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { KeyServiceMethods } from '../../src/api/key-service-methods.ts';
import { createToProblem } from '../../src/transport/http/problem-details.ts';
import { createRestHandler } from '../../src/transport/rest/rest-handler.ts';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';

/** Answers that cannot be written, as a fault of the service might make them. */
const UNWRITABLE = {
  'a body that is no JSON': { status: 200, body: { count: 1n } },
  'a header with a character that none may have': { status: 200, headers: { 'x-merchant-id': 'm\n1' }, body: {} },
  'a status that HTTP does not have': { status: 42, body: {} },
};

describe('An answer that cannot be written', () => {
  const failures: unknown[] = [];
  let server: Server;
  let origin: string;

  before(async () => {
    const methods = {} as KeyServiceMethods;
    const toProblem = createToProblem('https://example.com/probs', (text) => text);
    const bodyLimits = { maxBytes: 1024, timeoutMs: 10_000 };
    const options = { toProblem, bodyLimits, onUnanswered: (error: unknown) => failures.push(error) };
    const handler = createRestHandler(methods, options, (router) => {
      for (const [index, answer] of Object.values(UNWRITABLE).entries()) {
        const segments = [{ kind: 'literal', text: `answer-${index}` }] as const;
        router.add({ httpMethod: 'GET', segments }, () => Promise.resolve(answer));
      }
    });
    server = createServer(handler).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => failures.splice(0));

  after(() => server.close());

  for (const [index, what] of Object.keys(UNWRITABLE).entries()) {
    it(`is answered with 500 and logged: ${what}`, async () => {
      const path = `/answer-${index}`;

      const reply = await sendHttp1(origin, { method: 'GET', path });

      expectProblem(reply, { status: 500, code: 'internal', instance: path });
      expect(reply.headers).not.to.have.property('x-merchant-id');
      expect(failures).to.have.length(1);
      expect(failures[0]).to.be.instanceOf(Error);
    });
  }
});
