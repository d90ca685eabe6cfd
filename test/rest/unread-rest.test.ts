import { once } from 'node:events';
import {
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { expect } from 'chai';
import type { HttpCall } from '../../testkit/clients/http-call.ts';
import { openRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

interface Refused extends HttpCall {
  readonly who: string;
  readonly status: number;
}

const VALIDATE = '/iterapay.keys.v1.KeyService/Validate';

/** Requests that are answered before their body has come, by whoever is the first to. */
const REFUSED: readonly Refused[] = [
  { who: 'Node', status: 417, method: 'POST', path: '/key/generate/m1', headers: { expect: 'the best' } },
  { who: 'REST, for its path', status: 404, method: 'POST', path: '/nope' },
  { who: 'REST, for its method', status: 405, method: 'PUT', path: '/key/info/m1' },
  { who: 'REST, for its token', status: 401, method: 'POST', path: '/key/generate/m1' },
  { who: 'RPC, for its method', status: 405, method: 'PUT', path: VALIDATE },
  { who: 'RPC, for its type', status: 415, method: 'POST', path: VALIDATE, headers: { 'content-type': 'a/b' } },
];

/** Of HTTP/1.1 alone: over HTTP/2 the authority stands for the host. */
const BAD_HOST: Refused = { who: 'the guard', status: 400, method: 'POST', path: '/nope', headers: { host: 'a b' } };

/** What would be served if the rest of a request were taken for another one. */
const SMUGGLED = 'GET /key/validate HTTP/1.1\r\nHost: h\r\n\r\n';
/** More than the window of a connection. */
const LARGE = 300_000;

describe('The rest of a request that is answered before it has come', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const { who, status, method, path, headers } of [BAD_HOST, ...REFUSED]) {
    it(`ends its connection over HTTP/1.1, and is no other request (${status} by ${who})`, async () => {
      const lines = Object.entries({ host: 'h', ...headers, 'content-length': LARGE }).map((pair) => pair.join(': '));
      const connection = await openRaw(service.httpPort);

      connection.socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${SMUGGLED}`);
      const received = await connection.closed();

      const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, code]) => Number(code));
      expect(statuses).to.deep.equal([status]);
      expect(received).to.match(/^connection: close\r$/im);
    });
  }

  for (const { who, status, method, path, headers } of REFUSED) {
    it(`does not hold its stream open over HTTP/2, which ends without an error (${status} by ${who})`, async () => {
      const session = connect(service.httpUrl);
      const stream = session.request({ ':method': method, ':path': path, ...(headers as OutgoingHttpHeaders) });

      stream.end(Buffer.alloc(LARGE));
      const [response] = (await once(stream, 'response')) as [IncomingHttpHeaders & IncomingHttpStatusHeader];
      stream.resume();
      await once(stream, 'close');

      session.destroy();
      expect(response[':status']).to.equal(status);
      expect(stream.rstCode).to.equal(constants.NGHTTP2_NO_ERROR);
    });
  }
});
