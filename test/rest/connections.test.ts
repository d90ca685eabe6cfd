import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { type HttpCall, sendOnSession } from '../../testkit/clients/http-call.ts';
import { generateKey, readInfo, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { openRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const LIMIT_BYTES = 16_384;

describe('Connections', () => {
  let service: TestService;
  let authorization: string;

  /** The bytes of a request without a body. */
  const bytes = (method: string, path: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: ${authorization}\r\n\r\n`;

  before(async () => {
    service = await startService({ REQUEST_MAX_BYTES: String(LIMIT_BYTES) });
    authorization = await bearer();
    await generateKey(service.httpUrl, 'm1');
  });

  after(() => service.stop());

  it('of HTTP/1.1 are kept after errors, when the request has come whole', async () => {
    const calls: readonly HttpCall[] = [
      { method: 'GET', path: '/nope' },
      { method: 'PUT', path: '/key/info/m1' },
      { method: 'GET', path: '/key/info/m1' },
      { method: 'GET', path: '/key/info/%zz', headers: { authorization } },
      { method: 'GET', path: '/key/info/never', headers: { authorization } },
      { method: 'POST', path: '/key/generate/m1' },
      { method: 'GET', path: '/key/validate' },
      { method: 'GET', path: '/key/info/m1', headers: { authorization } },
    ];
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });

    const answers: { readonly status: number | undefined; readonly localPort: number | undefined }[] = [];
    for (const { method, path, headers } of calls) {
      const answer = await new Promise<(typeof answers)[number]>((resolve, reject) => {
        const sent = request(service.httpUrl, {
          method,
          path,
          agent,
          headers: { ...headers } as Record<string, string>,
        });
        sent.on('error', reject);
        sent.on('response', (response) => {
          const answered = { status: response.statusCode, localPort: sent.socket?.localPort };
          response.resume().on('end', () => resolve(answered));
        });
        sent.end();
      });
      answers.push(answer);
    }

    expect(answers.map(({ status }) => status)).to.deep.equal([404, 405, 401, 400, 404, 401, 401, 200]);
    expect(new Set(answers.map(({ localPort }) => localPort)).size).to.equal(1);
    agent.destroy();
  });

  it('of HTTP/1.1 end after an error on a request whose body has not come: what follows is no request', async () => {
    const connection = await openRaw(service.httpPort);
    const smuggled = bytes('DELETE', '/key/revoke/m1');
    connection.socket.write('POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n');

    const [reply] = await connection.responses(1);
    connection.socket.write(smuggled);
    const received = await connection.closed();

    expect(reply?.status).to.equal(401);
    expect(reply?.headers['connection']).to.equal('close');
    expect(received.match(/HTTP\/1\.1 /g)).to.have.length(1);
    expect(await readInfo(service.httpUrl, 'm1')).to.have.property('prefix');
  });

  it('take a body that is not needed for that body, and not for the next request', async () => {
    const connection = await openRaw(service.httpPort);
    const inner = bytes('DELETE', '/key/revoke/m1');

    connection.socket.write(`GET /nope HTTP/1.1\r\nHost: h\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`);
    connection.socket.write(bytes('GET', '/key/info/m1'));
    const replies = await connection.responses(2);

    expect(replies.map(({ status }) => status)).to.deep.equal([404, 200]);
    connection.socket.destroy();
  });

  it('answer pipelined requests in their order, though the first takes longer', async () => {
    const connection = await openRaw(service.httpPort);
    const paths = [
      bytes('POST', '/key/generate/m2'),
      bytes('GET', '/nope'),
      bytes('GET', '/key/info/m1'),
      bytes('PUT', '/key/info/m1'),
    ];

    connection.socket.write(paths.join(''));
    const replies = await connection.responses(4);

    expect(replies.map(({ status }) => status)).to.deep.equal([200, 404, 200, 405]);
    connection.socket.destroy();
  });

  it('answer a good request before the garbage that follows it', async () => {
    const connection = await openRaw(service.httpPort);

    connection.socket.write(`${bytes('POST', '/key/generate/m2')}garbage\r\n\r\n`);
    const replies = await connection.responses(2);

    expect(replies.map(({ status }) => status)).to.deep.equal([200, 400]);
    await connection.closed();
  });

  it('answer a client that has ended its side', async () => {
    const connection = await openRaw(service.httpPort);

    connection.socket.end(bytes('GET', '/key/info/m1'));
    const [reply] = await connection.responses(1);

    expect(reply?.status).to.equal(200);
    await connection.closed();
  });

  for (const upgrade of ['h2c', 'websocket', 'x']) {
    for (const connectionHeader of ['', 'Connection: Upgrade\r\n']) {
      it(`of HTTP/1.1 end after a request that asks for ${upgrade}, ${connectionHeader || 'without Connection'}`, async () => {
        const connection = await openRaw(service.httpPort);
        const asking = `GET /key/info/m1 HTTP/1.1\r\nHost: h\r\nUpgrade: ${upgrade}\r\n${connectionHeader}Authorization: ${authorization}\r\n\r\n`;

        connection.socket.write(`${asking}${bytes('GET', '/nope')}`);
        const [first] = await connection.responses(1);
        connection.socket.write(bytes('PUT', '/key/info/m1'));
        const received = await connection.closed();

        expect([first?.status, first?.headers['connection']]).to.deep.equal([200, 'close']);
        expect(received.match(/HTTP\/1\.1 /g)).to.have.length(1);
      });
    }
  }

  for (const method of ['GET', 'POST', 'PUT', 'PATCH']) {
    it(`recognise HTTP/1.1 however its bytes are cut: ${method}`, async () => {
      const connection = await openRaw(service.httpPort);

      for (const byte of bytes(method, '/nope')) {
        await new Promise((resolve) => connection.socket.write(byte, resolve));
      }
      const [reply] = await connection.responses(1);

      expect(reply?.status).to.equal(404);
      connection.socket.destroy();
    });
  }

  it('recognise HTTP/2 however its bytes are cut', async () => {
    const connection = await openRaw(service.httpPort);
    const emptySettings = '\0\0\0\x04\0\0\0\0\0';

    for (const byte of `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${emptySettings}`) {
      await new Promise((resolve) => connection.socket.write(byte, 'latin1', resolve));
    }
    const frameType = await new Promise<number>((resolve) => {
      connection.socket.once('data', (text: string) => resolve(text.charCodeAt(3)));
    });

    expect(frameType).to.equal(4);
    connection.socket.destroy();
  });

  it('of HTTP/2 serve on after many bodies that were too large, or that were not read', async () => {
    const session = connect(service.httpUrl);
    const path = '/key/generate/m1';
    const large = { chunks: [Buffer.alloc(LIMIT_BYTES + 1)] };

    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) {
      const tooLarge = { method: 'POST', path, headers: { authorization }, body: large };
      statuses.push((await sendOnSession(session, tooLarge)).status);
      statuses.push((await sendOnSession(session, { method: 'POST', path, body: Buffer.alloc(LIMIT_BYTES) })).status);
    }
    const good = { method: 'POST', path, headers: { authorization }, body: Buffer.alloc(LIMIT_BYTES) };
    const reply = await sendOnSession(session, good);

    expect(new Set(statuses)).to.deep.equal(new Set([413, 401]));
    expect(reply.status).to.equal(200);
    session.destroy();
  });

  it('of HTTP/2 end the stream of a body that is too large, so that its client does not wait for ever to send it', async () => {
    const session = connect(service.httpUrl);
    const headers = { ':method': 'POST', ':path': '/key/generate/m1', authorization };
    const stream = session.request(headers, { endStream: false });
    const responded = once(stream, 'response') as Promise<[Record<string, unknown>]>;
    const closed = once(stream, 'close');

    for (let i = 0; i < 50; i++) stream.write(Buffer.alloc(LIMIT_BYTES));
    stream.end();
    const [found] = await responded;
    stream.resume();
    await closed;
    session.destroy();

    expect(found[':status']).to.equal(413);
    expect(stream.rstCode).to.equal(0);
  });

  it('take 200 requests at once, over HTTP/1.1 and on one HTTP/2 session', async () => {
    const session = connect(service.httpUrl);
    const merchants = Array.from({ length: 100 }, (_, index) => `many${index}`);

    const http1 = await Promise.all(merchants.map((merchant) => generateKey(service.httpUrl, merchant)));
    const both = await Promise.all(
      merchants.flatMap((merchant, index) => {
        const headers = { 'x-api-key': http1[index] ?? '' };
        const path = `/key/validate/${merchant}`;
        return [
          fetch(`${service.httpUrl}${path}`, { headers }).then(async (found) => (await found.json()) as object),
          sendOnSession(session, { method: 'GET', path, headers }).then(({ text }) => JSON.parse(text) as object),
        ];
      }),
    );

    const expected = merchants.flatMap((merchantId) => [merchantId, merchantId]);
    expect(both.map((verdict) => (verdict as { merchantId: string }).merchantId)).to.deep.equal(expected);
    expect(await validateStatus(service.httpUrl, http1[99] ?? '')).to.equal(200);
    session.destroy();
  });
});
