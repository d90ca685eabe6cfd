import { once } from 'node:events';
import { connect } from 'node:net';
import {
  FRAMING_ERROR,
  GENERATE_PATH,
  GRPC,
  pseudoHeaders,
  requestHead,
  reset,
  VALIDATE_PATH,
} from '../../testkit/clients/frames.ts';
import { portOf } from '../../testkit/clients/port-of.ts';
import { openRaw } from '../../testkit/clients/raw-http.ts';
import {
  encodeHeaders,
  FLAG,
  FRAME,
  type Frame,
  openRawHttp2,
  PREFACE,
  toBytes,
} from '../../testkit/clients/raw-http2.ts';
import { COLLECTED_OFTEN } from '../../testkit/fuzz/remains.ts';
import { shareService } from '../../testkit/service/shared-services.ts';
import { expectAlive, waitUntilAllClosed } from '../../testkit/service/usage.ts';

/** What was found to need five to seven tries. */
const TRIES = 12;
const ALL_CLOSED_MS = 10_000;
/** Some hundred of these connections ended the process. */
const CONNECTIONS_AT_ONCE = 100;
const ROUNDS = 40;
const MAX_OPEN_MS = 25;

const EXPECT = [['expect', '100-continue']] as const;
const REFUSED_RPCS = {
  '415': `POST ${VALIDATE_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n`,
  '405': `PUT ${VALIDATE_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n`,
  '505': `POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/grpc-web\r\nContent-Length: 10\r\n\r\n`,
  'a bad timeout': `POST ${VALIDATE_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnect-Timeout-Ms: x\r\nContent-Length: 10\r\n\r\n`,
  'an unknown method': `POST /iterapay.keys.v1.KeyService/Nope HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n`,
  'a missing body': `POST ${VALIDATE_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n`,
  'a REST body that is cut off': `POST /key/generate/m1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n`,
};

/** Frames that arrive together: the second ends what the first has begun. */
const ABORTED: Readonly<Record<string, readonly Frame[]>> = {
  'a request that expects 100-continue': [requestHead(1, '/key/generate/m1', EXPECT)],
  'an RPC that expects 100-continue': [requestHead(1, VALIDATE_PATH, [...GRPC, ...EXPECT])],
  'a call': [requestHead(1, GENERATE_PATH, GRPC)],
  'a call of an unknown method': [requestHead(1, '/nope/Nope', GRPC)],
  'a call of an unknown method of the service': [requestHead(1, '/iterapay.keys.v1.KeyService/Nope', GRPC)],
  'a call without a content type': [requestHead(1, VALIDATE_PATH)],
  'a call with a bad timeout': [requestHead(1, VALIDATE_PATH, [...GRPC, ['grpc-timeout', 'x']])],
  'a health check': [requestHead(1, '/grpc.health.v1.Health/Watch', GRPC)],
  reflection: [requestHead(1, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', GRPC)],
  'a whole request': [requestHead(1, '/key/info/m1', [], true)],
};

describe('The process survives a client that leaves', () => {
  const service = shareService();

  it('after CONNECT over HTTP/1.1', async () => {
    const port = portOf(service().httpUrl);

    for (let i = 0; i < TRIES; i++) {
      const { socket } = await openRaw(port);
      socket.write('CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n', () =>
        socket.resetAndDestroy(),
      );
      await once(socket, 'close');
    }

    await waitUntilAllClosed(service(), ALL_CLOSED_MS);
    await expectAlive(service());
  });

  for (const [what, bytes] of Object.entries(REFUSED_RPCS)) {
    it(`after a request and, pipelined, an RPC refused for ${what}`, async () => {
      const port = portOf(service().httpUrl);

      for (let i = 0; i < TRIES; i++) {
        const { socket } = await openRaw(port);
        socket.write(`GET /key/info/m1 HTTP/1.1\r\nHost: localhost\r\n\r\n${bytes}abc`);
        if (i % 2 === 0) await once(socket, 'data');
        socket.resetAndDestroy();
        await once(socket, 'close');
      }

      await waitUntilAllClosed(service(), ALL_CLOSED_MS);
      await expectAlive(service());
    });
  }

  for (const [end, last] of Object.entries({ 'resets it': reset(1), 'breaks the connection': FRAMING_ERROR })) {
    it(`after it opened a stream and, in the same segment, ${end}`, async () => {
      for (const url of [service().httpUrl, service().grpcUrl]) {
        for (const frames of Object.values(ABORTED)) {
          const { socket, send } = await openRawHttp2(portOf(url));
          send(...frames, last);
          await new Promise<void>((resolve) => socket.end(() => resolve()));
          socket.destroy();
        }
      }

      await waitUntilAllClosed(service(), ALL_CLOSED_MS);
      await expectAlive(service());
    });
  }
});

describe('The process survives streams that are freed later than their session', () => {
  const service = shareService(COLLECTED_OFTEN);

  it('where one was reset before it was served, and the connection broken, in the same segment', async () => {
    const malformed: Frame = {
      type: FRAME.headers,
      flags: FLAG.endHeaders,
      streamId: 1,
      payload: encodeHeaders([...pseudoHeaders('CONNECT', VALIDATE_PATH), ...GRPC]),
    };
    const frames = [malformed, reset(1), requestHead(3, '/key/validate', GRPC), FRAMING_ERROR];
    const bytes = Buffer.concat([PREFACE, ...frames.map(toBytes)]);
    const port = portOf(service().grpcUrl);
    const abort = async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined).resume();
      socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), MAX_OPEN_MS * Math.random()));
      await once(socket, 'close').catch(() => undefined);
    };

    await Promise.all(
      Array.from({ length: CONNECTIONS_AT_ONCE }, async () => {
        for (let i = 0; i < ROUNDS; i++) await abort();
      }),
    );

    await waitUntilAllClosed(service(), ALL_CLOSED_MS);
    await expectAlive(service());
  });
});
