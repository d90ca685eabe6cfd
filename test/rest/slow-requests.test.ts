import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { sendOnSession } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { openRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const TIMEOUT_MS = 300;

describe('A request that does not arrive in time', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService({ REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) });
    authorization = await bearer({ merchant_id: 'm1' });
  });

  after(() => service.stop());

  for (const [what, rest] of [
    ['announced', 'Content-Length: 10\r\n\r\nabc'],
    ['of chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ] as const) {
    it(`is answered with 408 when its body, ${what}, stops, and no key is made`, async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const connection = await openRaw(service.httpPort);
      const startedAtMs = performance.now();

      connection.socket.write(
        `POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${authorization}\r\n${rest}`,
      );
      const [reply] = await connection.responses(1);

      expect(reply?.headers['connection']).to.equal('close');
      expectProblem(reply ?? { status: 0, headers: {}, text: '' }, {
        status: 408,
        code: 'deadline',
        instance: '/key/generate/m1',
      });
      expect(performance.now() - startedAtMs).to.be.greaterThan(TIMEOUT_MS - 50);
      await connection.closed();
      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    });
  }

  it('is answered with 408 over HTTP/2, and the other requests of the session are not', async () => {
    const key = await generateKey(service.httpUrl, 'm1');
    const session = connect(service.httpUrl);
    const headers = { ':method': 'POST', ':path': '/key/generate/m1', authorization };

    const stream = session.request(headers, { endStream: false });
    stream.on('error', () => undefined);
    const responded = once(stream, 'response') as Promise<[Record<string, unknown>]>;
    let text = '';
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const [responseHeaders] = await responded;
    if (!stream.readableEnded) await once(stream, 'end');
    const other = await sendOnSession(session, { method: 'GET', path: '/key/info/m1', headers: { authorization } });

    expect(responseHeaders[':status']).to.equal(408);
    expect(JSON.parse(text)).to.include({ status: 408, code: 'deadline', instance: '/key/generate/m1' });
    expect(other.status).to.equal(200);
    expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    session.destroy();
  });

  it('is answered with 408 when its headers never end, even if they keep coming', async () => {
    const connection = await openRaw(service.httpPort);
    connection.socket.write('GET /key/info/m1 HTTP/1.1\r\nHost: h\r\n');
    const dripping = setInterval(() => connection.socket.write('x: y\r\n'), 20);

    const [reply] = await connection.responses(1);

    clearInterval(dripping);
    expect(reply?.headers['connection']).to.equal('close');
    expectProblem(reply ?? { status: 0, headers: {}, text: '' }, {
      status: 408,
      code: 'deadline',
      instance: undefined,
    });
    await connection.closed();
  });

  it('loses its connection when not even the protocol can be recognised', async () => {
    for (const beginning of ['', 'PRI * HTTP/2.0\r\n', 'P']) {
      const connection = await openRaw(service.httpPort);
      connection.socket.write(beginning);

      const received = await connection.closed();

      expect(received).to.equal('');
    }
  });

  it('does not delay others', async () => {
    const slow = await Promise.all(Array.from({ length: 20 }, () => openRaw(service.httpPort)));
    for (const { socket } of slow) socket.write('POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nContent-Le');

    const reply = await fetch(`${service.httpUrl}/key/info/m1`, { headers: { authorization } });

    expect(reply.status).to.equal(200);
    await reply.arrayBuffer();
    expect((await Promise.all(slow.map(({ closed }) => closed()))).every((text) => text.startsWith('HTTP/1.1 408 '))).to
      .be.true;
  });
});
