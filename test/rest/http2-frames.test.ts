import { expect } from 'chai';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { CANCEL, encodeHeaders, FLAG, FRAME, openRawHttp2 } from '../../testkit/clients/raw-http2.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const PROTOCOL_ERROR = 1;
const PING = { type: FRAME.ping, payload: Buffer.alloc(8) };

describe('A request in HTTP/2 frames', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = await bearer();
  });

  after(() => service.stop());

  /** A Generate for m1 whose body is still to come. */
  function generateHead(extra: readonly (readonly [string, string])[] = []) {
    const payload = encodeHeaders([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', 'h'],
      [':path', '/key/generate/m1'],
      ['authorization', authorization],
      ...extra,
    ]);
    return { type: FRAME.headers, flags: FLAG.endHeaders, streamId: 1, payload };
  }

  it('makes a key when its body has come', async () => {
    const old = await generateKey(service.httpUrl, 'm1');
    const connection = await openRawHttp2(service.httpPort);

    connection.send(generateHead(), { type: FRAME.data, streamId: 1, payload: Buffer.from('abc') });
    connection.send({ type: FRAME.data, flags: FLAG.endStream, streamId: 1 });
    const { payload } = await connection.receive(FRAME.data);

    expect(JSON.parse(payload.toString())).to.have.property('key');
    expect(await validateStatus(service.httpUrl, old)).to.equal(401);
    connection.socket.destroy();
  });

  for (const [what, extra] of [
    ['with a length', [['content-length', '10']]],
    ['without a length', []],
  ] as const) {
    it(`makes no key when it is reset in the middle of its body, ${what}`, async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const connection = await openRawHttp2(service.httpPort);
      connection.send(generateHead(extra), { type: FRAME.data, streamId: 1, payload: Buffer.from('abc') }, PING);
      await connection.receive(FRAME.ping, FLAG.ack);

      connection.send({ type: FRAME.resetStream, streamId: 1, payload: CANCEL }, PING);
      await connection.receive(FRAME.ping, FLAG.ack);
      // The store keeps the order of writes: a key of the reset request would be stored before this one.
      await generateKey(service.httpUrl, 'm2');

      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      connection.socket.destroy();
    });
  }

  it('makes no key when its connection is lost in the middle of its body', async () => {
    const key = await generateKey(service.httpUrl, 'm1');
    const connection = await openRawHttp2(service.httpPort);
    connection.send(generateHead(), { type: FRAME.data, streamId: 1, payload: Buffer.from('abc') }, PING);
    await connection.receive(FRAME.ping, FLAG.ack);

    connection.socket.destroy();
    await generateKey(service.httpUrl, 'm2');

    expect(await validateStatus(service.httpUrl, key)).to.equal(200);
  });

  it('is reset without an authority, as what is malformed in HTTP/2 is', async () => {
    const connection = await openRawHttp2(service.httpPort);
    const payload = encodeHeaders([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/key/info/m1'],
      ['authorization', authorization],
    ]);

    connection.send({ type: FRAME.headers, flags: FLAG.endHeaders | FLAG.endStream, streamId: 1, payload });
    const reset = await connection.receive(FRAME.resetStream);

    expect(reset.payload.readUInt32BE()).to.equal(PROTOCOL_ERROR);
    connection.socket.destroy();
  });
});
