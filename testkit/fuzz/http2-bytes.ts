import { envelope } from '../clients/raw-grpc.ts';
import { encodeHeaders, FLAG, FRAME, type Frame, PREFACE, toBytes } from '../clients/raw-http2.ts';
import type { Random } from '../mulberry32.ts';

const PATHS = [
  '/iterapay.keys.v1.KeyService/Validate',
  '/iterapay.keys.v1.KeyService/Generate',
  '/iterapay.keys.v1.KeyService/Info',
  '/iterapay.keys.v1.KeyService/Nope',
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
  '/grpc.health.v1.Health/List',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/nope.Nope/Nope',
  '/key/generate/m1',
  '/key/info/m1',
  '/key/validate',
];
const FIELDS: readonly (readonly [string, string])[] = [
  ['content-type', 'application/grpc'],
  ['content-type', 'application/grpc+json'],
  ['content-type', 'application/grpc-web+proto'],
  ['content-type', 'application/json'],
  ['content-type', 'application/connect+proto'],
  ['content-type', 'text/plain'],
  ['te', 'trailers'],
  ['grpc-timeout', '1n'],
  ['grpc-timeout', '1S'],
  ['grpc-timeout', '99999999H'],
  ['grpc-timeout', 'x'],
  ['grpc-encoding', 'gzip'],
  ['grpc-encoding', 'nope'],
  ['content-length', '3'],
  ['expect', '100-continue'],
  ['expect', 'the best'],
  ['authorization', 'Bearer a'],
  ['x-api-key', 'ipa_live_nothing'],
  ['x', 'y'.repeat(5_000)],
  ['connection', 'close'],
];
const METHODS = ['POST', 'POST', 'POST', 'GET', 'PUT', 'CONNECT', 'HEAD'];
const MESSAGES = [
  envelope(Buffer.from('\x0a\x01x')),
  envelope(Buffer.alloc(0)),
  envelope(Buffer.from('\x3a\x01*')),
  envelope(Buffer.from('\x0a\x05')),
  Buffer.from([0, 0, 0, 0, 9, 1]),
  Buffer.from([1, 0, 0, 0, 2, 1, 2]),
  Buffer.from([0, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from('{"apiKey":"x"}'),
  Buffer.alloc(16_000),
];
const UNKNOWN_TYPE = 0x42;

/** The preface and some frames of a few streams, most of them as they should be. */
export function http2Bytes(random: Random): Buffer {
  const frames = Array.from({ length: 1 + random.below(12) }, () => toBytes(frame(random)));
  return Buffer.concat([PREFACE, ...frames]);
}

function frame(random: Random): Frame {
  const streamId = 1 + 2 * random.below(6);
  switch (random.below(14)) {
    case 0:
      return { type: FRAME.resetStream, streamId, payload: word(random.below(14)) };
    case 1:
      return { type: FRAME.ping, flags: random.below(2), payload: Buffer.alloc(8) };
    case 2:
      return { type: FRAME.settings, payload: settings(random) };
    case 3:
      return {
        type: 8,
        streamId: random.below(2) * streamId,
        payload: word(random.pick([0, 1, 65_535, 2 ** 31 - 1]) ?? 0),
      };
    case 4:
      return { type: FRAME.goaway, payload: Buffer.concat([word(0), word(random.below(3))]) };
    case 5:
      return random.pick([
        { type: 2, streamId, payload: Buffer.alloc(5) },
        { type: 5, streamId, payload: Buffer.alloc(8) },
        { type: 9, streamId, payload: Buffer.alloc(3) },
        { type: UNKNOWN_TYPE, streamId, payload: Buffer.alloc(3) },
        { type: FRAME.data, streamId: 0, payload: Buffer.alloc(3) },
        { type: FRAME.settings, flags: FLAG.ack },
      ]) as Frame;
    case 6:
    case 7:
    case 8:
      return { type: FRAME.data, flags: random.below(2), streamId, payload: random.pick(MESSAGES) ?? Buffer.alloc(0) };
    default:
      return headers(random, streamId);
  }
}

function headers(random: Random, streamId: number): Frame {
  const fields = Array.from({ length: random.below(5) }, () => random.pick(FIELDS) ?? (['x', 'y'] as const));
  const pseudo = [
    [':method', random.pick(METHODS) ?? 'POST'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', random.pick(PATHS) ?? '/'],
  ] as const;
  const isLast = random.next() < 0.3;
  return {
    type: FRAME.headers,
    flags: (random.next() < 0.95 ? FLAG.endHeaders : 0) | (isLast ? FLAG.endStream : 0),
    streamId,
    payload: encodeHeaders([...pseudo, ...fields]),
  };
}

function settings(random: Random): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(1 + random.below(8), 0);
  payload.writeUInt32BE(random.pick([0, 1, 100, 65_535, 16_384, 2 ** 31 - 1, 2 ** 32 - 1]) ?? 0, 2);
  return payload;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
