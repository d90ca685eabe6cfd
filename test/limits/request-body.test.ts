import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { receiveBody } from '../../src/transport/connect/request-body.ts';
import type { HttpRequest } from '../../src/transport/http/request.ts';
import { GRPC, requestHead, VALIDATE_PATH } from '../../testkit/clients/frames.ts';
import { portOf } from '../../testkit/clients/port-of.ts';
import { envelope } from '../../testkit/clients/raw-grpc.ts';
import { FLAG, FRAME, openRawHttp2 } from '../../testkit/clients/raw-http2.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareService } from '../../testkit/service/shared-services.ts';

const MAX_BYTES = 200;
const LIMITS = { maxBytes: MAX_BYTES, timeoutMs: 10_000 };
const UNARY = KeyService.method.validate;
const STREAM = ServerReflection.method.serverReflectionInfo;

/** A body that arrives in these pieces. */
function arriving(pieces: readonly Uint8Array[]): HttpRequest {
  const body = new PassThrough();
  for (const piece of pieces) body.write(piece);
  body.end();
  return Object.assign(body, { headers: {} }) as unknown as HttpRequest;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let rest = bytes;
  for (const length of lengths) {
    pieces.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...pieces, rest].filter((piece) => piece.length > 0);
}

async function receive(method: typeof UNARY | typeof STREAM, pieces: readonly Buffer[]): Promise<Buffer[]> {
  const received: Buffer[] = [];
  for await (const piece of receiveBody(arriving(pieces), method, LIMITS)) received.push(Buffer.from(piece));
  return received;
}

const message = fc.uint8Array({ maxLength: MAX_BYTES });
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });

/** Whether the piece is whole envelopes and nothing else. */
function isWhole(piece: Buffer): boolean {
  let rest = piece;
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) rest = rest.subarray(5 + rest.readUInt32BE(1));
  return rest.length === 0;
}

describe('The body of an RPC', () => {
  it('reaches connect-node in one piece, however it was cut, where the call is unary', async () => {
    await fc.assert(
      fc.asyncProperty(message, lengths, async (bytes, cuts) => {
        const body = envelope(bytes);

        expect(await receive(UNARY, cut(body, cuts))).to.deep.equal([body]);
      }),
    );
  });

  it('reaches connect-node in whole envelopes, however it was cut, where the call is a stream', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), lengths, async (messages, cuts) => {
        const body = Buffer.concat(messages.map(envelope));

        const pieces = await receive(STREAM, cut(body, cuts));

        expect(Buffer.concat(pieces)).to.deep.equal(body);
        expect(pieces.map(isWhole)).not.to.include(false);
      }),
    );
  });

  it('keeps what is no envelope, so that connect-node refuses it', async () => {
    const bytes = Buffer.from([0, 0, 0, 0, 9, 1, 2]);

    expect(Buffer.concat(await receive(STREAM, cut(bytes, [1, 2])))).to.deep.equal(bytes);
  });

  for (const [what, method] of [
    ['unary', UNARY],
    ['a stream', STREAM],
  ] as const) {
    it(`is refused as soon as it is too large, where the call is ${what}`, async () => {
      const failure = await receive(method, [envelope(Buffer.alloc(MAX_BYTES + 1))]).catch((error: Error) => error);

      expect(failure)
        .to.be.an('error')
        .with.property('message')
        .that.matches(/larger than 20[05] bytes/);
    });
  }
});

describe('A gRPC or gRPC-Web body in pieces of one byte', () => {
  const LENGTH = 340_000;
  const REFLECTION_PATH = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const service = shareService({ REQUEST_MAX_BYTES: '1000000' });

  for (const [path, contentType, port] of [
    [VALIDATE_PATH, 'application/grpc', 'httpUrl'],
    [VALIDATE_PATH, 'application/grpc-web', 'httpUrl'],
    [VALIDATE_PATH, 'application/grpc', 'grpcUrl'],
    [REFLECTION_PATH, 'application/grpc', 'httpUrl'],
  ] as const) {
    it(`takes no more processor time than its bytes (${path}, ${contentType}, ${port})`, async () => {
      const connection = await openRawHttp2(portOf(service()[port]));
      const body = envelope(Buffer.alloc(LENGTH));
      const before = await cpuSeconds(service());

      connection.send(requestHead(1, path, [['content-type', contentType], ...GRPC.slice(1)]));
      for (let start = 0; start < body.length; start += 10_000) {
        const bytes = [...body.subarray(start, start + 10_000)];
        connection.send(...bytes.map((byte) => ({ type: FRAME.data, streamId: 1, payload: Buffer.from([byte]) })));
      }
      connection.send({ type: FRAME.data, flags: FLAG.endStream, streamId: 1 });
      await connection.receive(FRAME.headers);

      // The splitter of connect-node alone took four seconds; reading the frames takes a part of one.
      expect((await cpuSeconds(service())) - before).to.be.below(3);
      connection.socket.destroy();
    });
  }
});

async function cpuSeconds({ adminUrl }: ServiceProcess): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}
