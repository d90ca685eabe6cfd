import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS, type HttpCall } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { exchangeRaw, openRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const LIMIT_BYTES = 2048;

const IGNORED: readonly (readonly [what: string, body: HttpCall['body'], contentType?: string])[] = [
  ['no body', undefined],
  ['an empty body', ''],
  ['an empty body of chunks', { chunks: [] }],
  ['JSON', '{"merchantId":"m2","unknown":1}', 'application/json'],
  ['broken JSON', '{', 'application/json'],
  ['JSON that is called protobuf', '{}', 'application/proto'],
  ['JSON that is called gRPC', '{}', 'application/grpc'],
  ['a form', 'merchant_id=m2', 'application/x-www-form-urlencoded'],
  ['any bytes', Buffer.from([0, 255, 128, 13, 10])],
  ['as many bytes as are allowed', Buffer.alloc(LIMIT_BYTES)],
  ['chunks of as many bytes as are allowed', { chunks: [Buffer.alloc(LIMIT_BYTES - 1), Buffer.alloc(1)] }],
];

const TOO_LARGE: readonly (readonly [what: string, body: HttpCall['body']])[] = [
  ['an announced length above the limit', Buffer.alloc(LIMIT_BYTES + 1)],
  ['chunks that together are above the limit', { chunks: [Buffer.alloc(LIMIT_BYTES), Buffer.alloc(1)] }],
  ['one chunk above the limit', { chunks: [Buffer.alloc(LIMIT_BYTES + 1)] }],
];

describe('The body of a request', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService({ REQUEST_MAX_BYTES: String(LIMIT_BYTES) });
    authorization = await bearer({ merchant_id: 'm1' });
  });

  after(() => service.stop());

  for (const { version, send } of HTTP_VERSIONS) {
    const post = (body: HttpCall['body'], contentType?: string) =>
      send(service.httpUrl, {
        method: 'POST',
        path: '/key/generate/m1',
        headers: { authorization, ...(contentType !== undefined && { 'content-type': contentType }) },
        ...(body !== undefined && { body }),
      });

    for (const [what, body, contentType] of IGNORED) {
      it(`does not matter to Generate: ${what} (${version})`, async () => {
        const reply = await post(body, contentType);

        const { key } = JSON.parse(reply.text) as { key: string };
        expect(reply.status).to.equal(200);
        expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      });
    }

    for (const [what, body] of TOO_LARGE) {
      it(`is refused with 413, and no key is made: ${what} (${version})`, async () => {
        const key = await generateKey(service.httpUrl, 'm1');

        const reply = await post(body);

        expectProblem(reply, {
          status: 413,
          code: 'too_large',
          instance: '/key/generate/m1',
          detail: /larger than 2048 bytes/,
        });
        expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      });
    }
  }

  it('need not be there at all, not even a length, as with `curl --request POST`', async () => {
    const head = `POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;

    const [reply] = await exchangeRaw(service.httpPort, head);

    expect(reply?.status).to.equal(200);
  });

  it('gets its 413 without having been sent, when the client waits for 100 Continue', async () => {
    const connection = await openRaw(service.httpPort);
    const lines = ['POST /key/generate/m1 HTTP/1.1', 'Host: h', `Authorization: ${authorization}`];

    connection.socket.write(`${lines.join('\r\n')}\r\nExpect: 100-continue\r\nContent-Length: 999999\r\n\r\n`);

    const [reply] = await connection.responses(1);
    expect(reply?.status).to.equal(413);
    await connection.closed();
  });

  it('gets its 413 while much more is still being sent', async () => {
    const headers = { authorization };
    const body = Buffer.alloc(4_000_000);

    const replies = await Promise.all(
      [body, new Blob([body]).stream()].map((sent) =>
        fetch(`${service.httpUrl}/key/generate/m1`, { method: 'POST', headers, body: sent, duplex: 'half' }),
      ),
    );

    expect(replies.map(({ status }) => status)).to.deep.equal([413, 413]);
    await Promise.all(replies.map((reply) => reply.arrayBuffer()));
  });

  it('makes no key when an HTTP/1.1 connection is lost in its middle', async () => {
    const key = await generateKey(service.httpUrl, 'm1');
    const connection = await openRaw(service.httpPort);
    const lines = ['POST /key/generate/m1 HTTP/1.1', 'Host: h', `Authorization: ${authorization}`];
    connection.socket.write(`${lines.join('\r\n')}\r\nContent-Length: 10\r\n\r\nabc`);

    connection.socket.end();
    const [reply] = await connection.responses(1);

    expect(reply?.status).to.equal(400);
    expect(await validateStatus(service.httpUrl, key)).to.equal(200);
  });
});
