import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { CANCEL_PAYLOAD, GENERATE_PATH, GRPC, requestHead } from '../../testkit/clients/frames.ts';
import { portOf } from '../../testkit/clients/port-of.ts';
import { encodeHeaders, FLAG, FRAME, type Frame, openRawHttp2, SETTINGS_ACK } from '../../testkit/clients/raw-http2.ts';
import { shareService } from '../../testkit/service/shared-services.ts';
import { expectAlive, readUsage } from '../../testkit/service/usage.ts';
import { bombHead } from './header-bomb.ts';

const STREAMS = 3_000;
/** What a process may grow by for whatever reason; the attacks took a gigabyte. */
const GROWTH_BYTES = 350_000_000;
/** The service may stop reading, as it should: then what is left is not waited for. */
const SENDING_MS = 3_000;
const HALF_BODY = Buffer.alloc(16_000);
/** RFC 9113, section 7. */
const ENHANCE_YOUR_CALM = 11;
const PING: Frame = { type: FRAME.ping, payload: Buffer.alloc(8) };

const ids = Array.from({ length: STREAMS }, (_, index) => 2 * index + 1);

/** What one connection can send without a token, or without ever reading, and where it is limited. */
const ATTACKS: Readonly<Record<string, (streamId: number) => readonly Frame[]>> = {
  'opens requests with headers that unpack to half a megabyte each': (id) => [bombHead(id, GENERATE_PATH)],
  'opens requests with half a body each': (id) => [
    requestHead(id, GENERATE_PATH, GRPC),
    { type: FRAME.data, streamId: id, payload: HALF_BODY },
  ],
  'opens REST requests with half a body each': (id) => [
    requestHead(id, '/key/generate/m1', [['content-length', '60000']]),
    { type: FRAME.data, streamId: id, payload: HALF_BODY },
  ],
  'opens and resets requests': (id) => [
    requestHead(id, GENERATE_PATH, GRPC),
    { type: FRAME.resetStream, streamId: id, payload: CANCEL_PAYLOAD },
  ],
  'sends large trailers': (id) => [
    requestHead(id, GENERATE_PATH, GRPC),
    {
      type: FRAME.headers,
      flags: FLAG.endHeaders | FLAG.endStream,
      streamId: id,
      payload: encodeHeaders([['x', 'y'.repeat(16_000)]]),
    },
  ],
  'sends PINGs and reads no answer': () => Array.from({ length: 20 }, () => PING),
  'sends settings and reads no answer': () => Array.from({ length: 20 }, () => ({ type: FRAME.settings })),
};

describe('One HTTP/2 connection cannot fill the memory', () => {
  const service = shareService();

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    for (const [what, framesOf] of Object.entries(ATTACKS)) {
      it(`when it ${what} (${port})`, async () => {
        const before = await readUsage(service());
        const connection = await openRawHttp2(portOf(service()[port]));
        connection.socket.on('error', () => undefined);
        if (what.includes('reads no answer')) connection.socket.pause();

        for (const id of ids) {
          if (!connection.socket.destroyed) connection.send(...framesOf(id));
        }
        await sentOrClosed(connection.socket);
        await expectAlive(service());
        const after = await readUsage(service());

        expect(after.residentBytes - before.residentBytes).to.be.below(GROWTH_BYTES);
        connection.socket.destroy();
      });
    }
  }
});

describe('A header section that is too large', () => {
  const service = shareService();

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    for (const what of ['has acknowledged the limit', 'has acknowledged nothing'] as const) {
      it(`is refused by itself, where the client ${what} (${port})`, async () => {
        const connection = await openRawHttp2(portOf(service()[port]));
        if (what === 'has acknowledged the limit') {
          await connection.receive(FRAME.settings);
          connection.send(SETTINGS_ACK, PING);
          await connection.receive(FRAME.ping, FLAG.ack);
        }

        connection.send(bombHead(1, '/key/info/m1'));
        const reset = await connection.receive(FRAME.resetStream);
        connection.send(requestHead(3, '/key/info/m1', [['x', 'y'.repeat(15_000)]], true));
        const next = await connection.receive(FRAME.headers);

        expect([reset.streamId, reset.payload.readUInt32BE()]).to.deep.equal([1, ENHANCE_YOUR_CALM]);
        expect(next.streamId).to.equal(3);
        connection.socket.destroy();
      });
    }
  }
});

async function sentOrClosed(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return;
  const signal = AbortSignal.timeout(SENDING_MS);
  const ignore = () => undefined;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(ignore);
}
