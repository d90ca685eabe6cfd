import { once } from 'node:events';
import { connect } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { expect } from 'chai';
import { watchHealth } from '../lifecycle/grpc-streams.ts';
import { useServices } from '../lifecycle/running-services.ts';
import { generate } from '../support/each-door.ts';
import {
  answerPings,
  FLAG,
  FRAME,
  type Frame,
  openRawHttp2,
  PREFACE,
  type RawHttp2Connection,
  toBytes,
} from '../support/raw-http2.ts';
import { grpcJsDoor } from '../support/rpc-doors.ts';
import { waitUntil } from '../support/servers/wait-until.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { bearer } from '../support/tokens.ts';
import { FRAMING_ERROR, requestHead } from './frames.ts';
import { expectAlive, readEnded, readUsage, waitUntilAllClosed } from './usage.ts';

const PORTS = ['httpUrl', 'grpcUrl'] as const;
const GOAWAY: Frame = { type: FRAME.goaway, payload: Buffer.alloc(8) };
const SETTINGS_ACK: Frame = { type: FRAME.settings, flags: FLAG.ack };
/** A frame that announces more than comes. */
const HALF_FRAME = Buffer.from([0, 1, 0, FRAME.headers, FLAG.endHeaders, 0, 0, 0, 5, 0x82]);
const ENDED_MS = 8_000;

const portOf = (url: string): number => Number(new URL(url).port);

async function open(service: ServiceProcess, port: (typeof PORTS)[number]): Promise<RawHttp2Connection> {
  const connection = await openRawHttp2(portOf(service[port]));
  connection.socket.on('error', () => undefined);
  return connection;
}

/** A connection whose client has done all that it should, and has had an answer. */
async function openGood(service: ServiceProcess, port: (typeof PORTS)[number]): Promise<RawHttp2Connection> {
  const connection = await open(service, port);
  await connection.receive(FRAME.settings);
  connection.send(SETTINGS_ACK, requestHead(1, '/key/info/m1', [], true));
  await connection.receive(FRAME.headers);
  return connection;
}

function closed({ socket }: RawHttp2Connection): Promise<unknown> {
  return socket.closed ? Promise.resolve() : once(socket, 'close');
}

describe('A connection that is over gives its descriptor back', () => {
  const CONNECTIONS = 50;
  const services = useServices();

  /** A client that sends this, and then neither reads nor closes anything. */
  async function hold(port: number, bytes: Buffer): Promise<Socket> {
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  }

  for (const port of PORTS) {
    it(`after GOAWAY, garbage, or both, though its client never closes it (${port})`, async () => {
      const service = await services.start();
      const before = await readUsage(service);

      const beginnings = [[GOAWAY, FRAMING_ERROR], [GOAWAY], [FRAMING_ERROR]];
      const clients = await Promise.all(
        beginnings.flatMap((frames) =>
          Array.from({ length: CONNECTIONS }, () =>
            hold(portOf(service[port]), Buffer.concat([PREFACE, ...frames.map(toBytes)])),
          ),
        ),
      );
      await waitUntilAllClosed(service, ENDED_MS);

      expect((await readUsage(service)).openDescriptors).to.be.at.most(before.openDescriptors + 2);
      for (const socket of clients) socket.destroy();
    });
  }

  it('after a refused CONNECT and a malformed request over HTTP/1.1, though its client never closes it', async () => {
    const service = await services.start();
    const requests = ['CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n', 'nonsense\r\n\r\n'];

    const clients = await Promise.all(requests.map((text) => hold(portOf(service.httpUrl), Buffer.from(text))));
    const answers = await Promise.all(clients.map((socket) => once(socket, 'data') as Promise<[Buffer]>));
    await waitUntilAllClosed(service, ENDED_MS);

    expect(answers.map(([bytes]) => bytes.toString().slice(0, 12))).to.deep.equal(['HTTP/1.1 405', 'HTTP/1.1 400']);
    for (const socket of clients) socket.destroy();
  });
});

describe('An HTTP/2 connection', () => {
  const services = useServices();

  for (const port of PORTS) {
    it(`is ended when its client does not answer a PING (${port})`, async () => {
      const service = await services.start({ HTTP2_PING_INTERVAL_MS: '100' });
      const connection = await openGood(service, port);

      await closed(connection);

      expect(await readEnded(service, 'ping_timeout')).to.equal(1);
    });

    it(`is ended when its client stops in the middle of a frame (${port})`, async () => {
      const service = await services.start({ HTTP2_PING_INTERVAL_MS: '200' });
      const connection = await openGood(service, port);
      answerPings(connection);
      connection.socket.write(HALF_FRAME);
      // What should be the answer to a PING is the rest of the frame.
      await closed(connection);

      await expectAlive(service);
    });

    it(`is ended when no request comes on it (${port})`, async () => {
      const service = await services.start({ REQUEST_TIMEOUT_MS: '300', HTTP2_PING_INTERVAL_MS: '60000' });
      const silent = connectTcp(portOf(service[port]), '127.0.0.1').resume();
      const prefaced = await open(service, port);
      prefaced.send(SETTINGS_ACK);

      await Promise.all([once(silent, 'close'), closed(prefaced)]);

      expect(await readEnded(service, 'silent')).to.be.at.least(1);
    });

    it(`is ended, in good order, when it was idle for long (${port})`, async () => {
      const service = await services.start({ HTTP2_IDLE_TIMEOUT_MS: '200' });
      const connection = await openGood(service, port);
      answerPings(connection);

      await connection.receive(FRAME.goaway);
      await closed(connection);

      expect(await readEnded(service, 'idle')).to.equal(1);
    });

    it(`takes no further requests when it is old, and its client opens another one (${port})`, async () => {
      const service = await services.start({ HTTP2_MAX_AGE_MS: '300' });
      const session = connect(service[port]);
      session.on('error', () => undefined);
      session.request({ ':path': '/key/info/m1' }).on('error', () => undefined);

      await once(session, 'goaway');

      expect(await readEnded(service, 'max_age')).to.equal(1);
      session.destroy();
    });
  }

  it('is not idle while the health is watched on it, and a call of a client that pauses succeeds', async () => {
    const service = await services.start({ HTTP2_IDLE_TIMEOUT_MS: '200', HTTP2_PING_INTERVAL_MS: '100' });
    const watch = watchHealth(service.grpcUrl, '');
    const client = grpcJsDoor('gRPC port').connect(service);
    const authorization = await bearer();
    await client.call(generate, { merchantId: 'm1' }, { authorization });

    await waitUntil('the idle one is ended', async () => expect(await readEnded(service, 'idle')).to.equal(1), {
      timeoutMs: ENDED_MS,
    });
    const { key } = await client.call(generate, { merchantId: 'm1' }, { authorization });

    expect(key).to.match(/^ipa_live_/);
    expect(watch.received).to.have.length(1);
    watch.close();
    client.close();
  });
});
