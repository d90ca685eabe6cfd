import { once } from 'node:events';
import { connect } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { generate } from '../../testkit/clients/each-transport.ts';
import { FRAMING_ERROR, requestHead } from '../../testkit/clients/frames.ts';
import { portOf } from '../../testkit/clients/port-of.ts';
import {
  acknowledge,
  FLAG,
  FRAME,
  type Frame,
  openRawHttp2,
  PREFACE,
  type RawHttp2Connection,
  SETTINGS_ACK,
  toBytes,
} from '../../testkit/clients/raw-http2.ts';
import { grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { shareService } from '../../testkit/service/shared-services.ts';
import { bearer } from '../../testkit/service/tokens.ts';
import { expectAlive, readEnded, readUsage, waitUntilAllClosed } from '../../testkit/service/usage.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { watchHealth } from '../lifecycle/grpc-streams.ts';

const PORTS = ['httpUrl', 'grpcUrl'] as const;
const GOAWAY: Frame = { type: FRAME.goaway, payload: Buffer.alloc(8) };
/** The beginning of a frame of 12,288 bytes, of a type that is ignored (RFC 9113, section 5.5). */
const HALF_FRAME = Buffer.from([0, 0x30, 0, 0x42, 0, 0, 0, 0, 0]);
const ENDED_MS = 8_000;
/** Longer than any limit of the service that is paused. */
const PAUSE_MS = 800;

/** Answers every PING, and acknowledges nothing else. */
async function answerPings(connection: RawHttp2Connection): Promise<void> {
  try {
    for (;;) {
      const { payload } = await connection.receive(FRAME.ping);
      connection.send({ type: FRAME.ping, flags: FLAG.ack, payload });
    }
  } catch {
    // The connection was ended.
  }
}

/** Closed in whatever way: a reset is an end too. */
function closed({ socket }: RawHttp2Connection): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

describe('A connection that is over gives its descriptor back', () => {
  const CONNECTIONS = 50;
  const service = shareService();

  /** A client that sends this, and then neither reads nor closes anything. */
  async function hold(port: number, bytes: Buffer): Promise<Socket> {
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  }

  it('after GOAWAY, garbage, or both, on either port, though its client never closes it', async () => {
    const before = await readUsage(service());

    const beginnings = [[GOAWAY, FRAMING_ERROR], [GOAWAY], [FRAMING_ERROR]];
    const clients = await Promise.all(
      PORTS.flatMap((port) =>
        beginnings.flatMap((frames) =>
          Array.from({ length: CONNECTIONS }, () =>
            hold(portOf(service()[port]), Buffer.concat([PREFACE, ...frames.map(toBytes)])),
          ),
        ),
      ),
    );
    await waitUntilAllClosed(service(), ENDED_MS);

    expect((await readUsage(service())).openDescriptors).to.be.at.most(before.openDescriptors + 2);
    for (const socket of clients) socket.destroy();
  });

  it('after a refused CONNECT and a malformed request over HTTP/1.1, though its client never closes it', async () => {
    const requests = ['CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n', 'nonsense\r\n\r\n'];

    const clients = await Promise.all(requests.map((text) => hold(portOf(service().httpUrl), Buffer.from(text))));
    const answers = await Promise.all(clients.map((socket) => once(socket, 'data') as Promise<[Buffer]>));
    await waitUntilAllClosed(service(), ENDED_MS);

    expect(answers.map(([bytes]) => bytes.toString().slice(0, 12))).to.deep.equal(['HTTP/1.1 405', 'HTTP/1.1 400']);
    for (const socket of clients) socket.destroy();
  });
});

describe('An HTTP/2 connection', () => {
  const service = shareService({
    REQUEST_TIMEOUT_MS: '400',
    HTTP2_PING_INTERVAL_MS: '200',
    HTTP2_IDLE_TIMEOUT_MS: '600',
    HTTP2_MAX_AGE_MS: '2000',
  });

  async function open(port: (typeof PORTS)[number]): Promise<RawHttp2Connection> {
    const connection = await openRawHttp2(portOf(service()[port]));
    connection.socket.on('error', () => undefined);
    return connection;
  }

  /** Asks something on the connection. */
  async function makeRequest(connection: RawHttp2Connection, streamId = 1): Promise<void> {
    connection.send(requestHead(streamId, '/key/info/m1', [], true));
    await connection.receive(FRAME.headers);
  }

  for (const port of PORTS) {
    const countEnded = (reason: string) => readEnded(service(), reason, port === 'httpUrl' ? 'http' : 'grpc');

    it(`is ended when its client does not answer a PING (${port})`, async () => {
      const connection = await open(port);
      await connection.receive(FRAME.settings);
      connection.send(SETTINGS_ACK);
      await makeRequest(connection);

      await closed(connection);

      expect(await countEnded('ping_timeout')).to.equal(1);
    });

    it(`is ended when its client does not acknowledge the settings (${port})`, async () => {
      const connection = await open(port);
      const answering = answerPings(connection);
      await makeRequest(connection);

      await closed(connection);
      await answering;

      expect(await countEnded('settings_timeout')).to.equal(1);
    });

    it(`is ended when its client stops in the middle of a frame (${port})`, async () => {
      const connection = await open(port);
      acknowledge(connection);
      await makeRequest(connection);
      // What should be the answer to a PING is the rest of the frame.
      connection.socket.write(HALF_FRAME);

      await closed(connection);

      expect(await countEnded('ping_timeout')).to.equal(2);
      await expectAlive(service());
    });

    it(`is ended when no request comes on it (${port})`, async () => {
      const before = await countEnded('silent');
      const silent = connectTcp(portOf(service()[port]), '127.0.0.1').resume();
      const prefaced = await open(port);
      acknowledge(prefaced);

      await Promise.all([once(silent, 'close'), closed(prefaced)]);

      expect((await countEnded('silent')) - before).to.be.at.least(1);
    });

    it(`serves a request that follows a GOAWAY in the same segment, and is ended afterwards (${port})`, async () => {
      const connection = await open(port);

      connection.send(requestHead(1, '/key/info/m1', [], true), GOAWAY, requestHead(3, '/key/info/m1', [], true));
      const answered = [await connection.receive(FRAME.headers), await connection.receive(FRAME.headers)];
      await closed(connection);

      expect(answered.map(({ streamId }) => streamId)).to.deep.equal([1, 3]);
      await expectAlive(service());
    });

    it(`is ended, in good order, when it was idle for long (${port})`, async () => {
      const connection = await open(port);
      acknowledge(connection);
      await makeRequest(connection);

      await connection.receive(FRAME.goaway);
      await closed(connection);

      expect(await countEnded('idle')).to.equal(1);
    });

    it(`takes no further requests when it is old, though it is in use (${port})`, async () => {
      const session = connect(service()[port]);
      session.on('error', () => undefined);
      const asking = setInterval(() => session.request({ ':path': '/key/info/m1' }).on('error', () => undefined), 100);

      const [code, lastStreamId] = (await once(session, 'goaway')) as [number, number];
      clearInterval(asking);

      // What is in transit is still served (RFC 9113, section 6.8).
      expect([code, lastStreamId]).to.deep.equal([0, 2 ** 31 - 1]);
      expect(await countEnded('max_age')).to.equal(1);
      session.destroy();
    });
  }

  it('outlives a pause of the service, in which its client was in time', async () => {
    const connections = await Promise.all(PORTS.map(open));
    const pings = await Promise.all(
      connections.map(async (connection) => {
        await connection.receive(FRAME.settings);
        connection.send(SETTINGS_ACK);
        await makeRequest(connection);
        return connection.receive(FRAME.ping);
      }),
    );

    service().child.kill('SIGSTOP');
    for (const [index, { payload }] of pings.entries()) {
      connections[index]?.send({ type: FRAME.ping, flags: FLAG.ack, payload });
    }
    await delay(PAUSE_MS);
    service().child.kill('SIGCONT');

    for (const connection of connections) {
      await makeRequest(connection, 3);
      connection.socket.destroy();
    }
  });

  it('is not idle while the health is watched on it, and a call of a client that paused succeeds', async () => {
    const idle = () => readEnded(service(), 'idle', 'grpc');
    const before = await idle();
    const watch = watchHealth(service().grpcUrl, '');
    const client = grpcJsTransport('gRPC port').connect(service());
    const authorization = await bearer();
    await client.call(generate, { merchantId: 'm1' }, { authorization });

    await waitUntil('the idle one is ended', async () => expect(await idle()).to.equal(before + 1), {
      timeoutMs: ENDED_MS,
    });
    const { key } = await client.call(generate, { merchantId: 'm1' }, { authorization });

    expect(key).to.match(/^ipa_live_/);
    expect(watch.received).to.have.length(1);
    watch.close();
    client.close();
  });
});
