import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { exchangeRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

const LENGTH = 'Content-Length: 5\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** Requests that are refused by their head alone. */
const REFUSED = [
  ['an expectation that is not met', 'POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nExpect: the best\r\n', 417],
  ['a Host header that is malformed', 'POST /key/generate/m1 HTTP/1.1\r\nHost: a b\r\n', 400],
  ['no Host header', 'POST /key/generate/m1 HTTP/1.1\r\n', 400],
  ['two Host headers', 'POST /key/generate/m1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n', 400],
] as const;

describe('A request that is refused before its body was sent', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const [what, head, status] of REFUSED) {
    for (const [kind, framing] of [
      ['with a length', LENGTH],
      ['in chunks', CHUNKED],
    ]) {
      it(`ends its connection, where what comes next is no request: ${what}, a body ${kind}`, async () => {
        // Resolves only when the service has closed the connection.
        const replies = await exchangeRaw(service.httpPort, `${head}${framing}\r\n`);

        expect(replies).to.have.length(1);
        expect(replies[0]?.headers['connection']).to.equal('close');
        if (replies[0] !== undefined) {
          expectProblem(replies[0], { status, code: 'invalid_request', instance: undefined });
        }
      });
    }
  }
});
