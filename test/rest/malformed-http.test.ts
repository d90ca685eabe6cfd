import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { type HttpReply, sendHttp2 } from '../../testkit/clients/http-call.ts';
import { generateKey } from '../../testkit/clients/merchant-keys.ts';
import { exchangeRaw, openRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const NO_REPLY: HttpReply = { status: 0, headers: {}, text: '' };

/** Bytes that are no HTTP/1.1 request, or not one that can be understood in one way only. */
const NOT_HTTP = [
  ['words', 'hello there\r\n\r\n'],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['an unknown method', 'FOO /key/info/m1 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a target without a slash', 'GET key/info/m1 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a space in the target', 'GET /key/info/m 1 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['an unknown version', 'GET /key/info/m1 HTTP/9.9\r\nHost: h\r\n\r\n'],
  ['a space before a colon', 'GET /key/info/m1 HTTP/1.1\r\nHost : h\r\n\r\n'],
  ['a NUL in a header', 'GET /key/info/m1 HTTP/1.1\r\nHost: h\r\nx: a\0b\r\n\r\n'],
  ['a folded header', 'GET /key/info/m1 HTTP/1.1\r\n x: y\r\nHost: h\r\n\r\n'],
  ['a length that is no number', 'POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n'],
  ['two lengths', 'POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'a length and chunks',
    'POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['an unknown coding', 'POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n'],
  ['an HTTP/2 preface with a fault', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
] as const;

/** Requests for an existing path whose fault is in the Host header (RFC 9112, section 3.2). */
const BAD_HOSTS = [
  ['none', ''],
  ['one with a space', 'Host: a b\r\n'],
  ['one with a path', 'Host: h/x\r\n'],
  ['one with user information', 'Host: u@h\r\n'],
  ['one with a port that is no number', 'Host: h:x\r\n'],
  ['two different ones', 'Host: a\r\nHost: b\r\n'],
  ['the same one twice', 'Host: a\r\nHost: a\r\n'],
] as const;

describe('What is not well-formed HTTP', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = `Authorization: ${await bearer()}\r\n`;
    await generateKey(service.httpUrl, 'm1');
  });

  after(() => service.stop());

  for (const [what, bytes] of NOT_HTTP) {
    it(`is a problem and ends the connection: ${what}`, async () => {
      const replies = await exchangeRaw(service.httpPort, bytes);

      expect(replies).to.have.length(1);
      expect(replies[0]?.headers['connection']).to.equal('close');
      expectProblem(replies[0] ?? NO_REPLY, { status: 400, code: 'invalid_request', instance: undefined });
    });
  }

  for (const [what, bytes] of [
    ['a header', `GET /key/info/m1 HTTP/1.1\r\nHost: h\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['many headers', `GET /key/info/m1 HTTP/1.1\r\nHost: h\r\n${'x: abcdefgh\r\n'.repeat(2000)}\r\n`],
    ['a target', `GET /key/info/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: h\r\n\r\n`],
  ] as const) {
    it(`is answered with 431 when ${what} is too large`, async () => {
      const replies = await exchangeRaw(service.httpPort, bytes);

      expect(replies).to.have.length(1);
      expectProblem(replies[0] ?? NO_REPLY, { status: 431, code: 'too_large', instance: undefined });
    });
  }

  for (const [what, host] of BAD_HOSTS) {
    it(`is a problem where HTTP/1.1 wants one good Host header and gets ${what}`, async () => {
      const connection = await openRaw(service.httpPort);

      connection.socket.write(`GET /key/info/m1 HTTP/1.1\r\n${host}${authorization}\r\n`);
      const [reply] = await connection.responses(1);

      expectProblem(reply ?? NO_REPLY, { status: 400, code: 'invalid_request', instance: undefined });
      connection.socket.destroy();
    });
  }

  for (const [what, head] of [
    ['without a Host header, in HTTP/1.0', 'GET /key/info/m1 HTTP/1.0\r\n'],
    ['with a port in the Host header', 'GET /key/info/m1 HTTP/1.1\r\nHost: h.example:8080\r\n'],
    ['with an IPv6 address in the Host header', 'GET /key/info/m1 HTTP/1.1\r\nHost: [::1]:8080\r\n'],
    ['with the whole URL as its target', 'GET http://h.example:80/key/info/m1?x=http://y HTTP/1.1\r\nHost: h\r\n'],
    ['with a scheme in capitals', 'GET HTTP://h/key/info/m1 HTTP/1.1\r\nHost: h\r\n'],
    ['that asks for an upgrade, which is ignored', 'GET /key/info/m1 HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n'],
  ] as const) {
    it(`is not a request ${what}`, async () => {
      const connection = await openRaw(service.httpPort);

      connection.socket.write(`${head}${authorization}\r\n`);
      const [reply] = await connection.responses(1);

      expect(reply?.status, reply?.text).to.equal(200);
      connection.socket.destroy();
    });
  }

  for (const [target, instance] of [
    ['http://h/nope?x', '/nope'],
    ['http://h', '/'],
    ['http://h?x', '/'],
  ] as const) {
    it(`is not the target ${target}, whose path is ${instance}`, async () => {
      const connection = await openRaw(service.httpPort);

      connection.socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
      const [reply] = await connection.responses(1);

      expectProblem(reply ?? NO_REPLY, { status: 404, code: 'not_found', instance });
      connection.socket.destroy();
    });
  }

  it('is kept apart from what HTTP cannot do: 417 for another expectation than 100-continue', async () => {
    const bytes = `GET /key/info/m1 HTTP/1.1\r\nHost: h\r\nExpect: the best\r\n${authorization}\r\n`;

    const [http1 = NO_REPLY] = await exchangeRaw(service.httpPort, bytes);
    const http2 = await sendHttp2(service.httpUrl, {
      method: 'GET',
      path: '/key/info/m1',
      headers: { expect: 'the best' },
    });

    for (const reply of [http1, http2]) {
      expectProblem(reply, { status: 417, code: 'invalid_request', instance: undefined });
    }
  });
});
