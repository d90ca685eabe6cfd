import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { expect } from 'chai';
import { generate } from '../../testkit/clients/each-transport.ts';
import { sendOnSession } from '../../testkit/clients/http-call.ts';
import { portOf } from '../../testkit/clients/port-of.ts';
import { openRaw, type RawConnection } from '../../testkit/clients/raw-http.ts';
import { grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { bearer } from '../../testkit/service/tokens.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { holdReflection, type OpenStream, watchHealth } from './grpc-streams.ts';

/** Well above the longest time that is allowed: what is not let go at once fails. */
const PATIENT = { SHUTDOWN_TIMEOUT_MS: '8000', REQUEST_TIMEOUT_MS: '60000' };
/** Longest time to stop where nothing is left to be done. */
const AT_ONCE_MS = 3_000;
const STREAM_BEGINS_MS = 2_000;

/** A connection that has had an answer, and is open for more requests. */
async function keepAlive(url: string, request: string): Promise<RawConnection> {
  const connection = await openRaw(portOf(url));
  connection.socket.write(`${request} HTTP/1.1\r\nHost: h\r\n\r\n`);
  await connection.responses(1);
  return connection;
}

async function keepSession(url: string): Promise<ClientHttp2Session> {
  const session = connect(url);
  session.on('error', () => undefined);
  await sendOnSession(session, { method: 'GET', path: '/key/info/m1' });
  return session;
}

describe('A service that is stopped', () => {
  const services = shareServices();

  it('does not wait for connections that are idle, silent, or kept alive', async () => {
    const service = await services.start(PATIENT);
    const silent = await Promise.all([service.httpUrl, service.grpcUrl].map((url) => openRaw(portOf(url))));
    const kept = await Promise.all([
      keepAlive(service.httpUrl, 'GET /key/info/m1'),
      keepAlive(service.adminUrl, 'HEAD /healthz'),
    ]);
    const session = await keepSession(service.httpUrl);
    const client = grpcJsTransport('gRPC port').connect(service);
    await client.call(generate, { merchantId: 'm1' }, { authorization: await bearer() });

    const signalledAtMs = performance.now();
    const exitCode = await service.end('SIGTERM');

    expect(exitCode).to.equal(0);
    expect(performance.now() - signalledAtMs).to.be.below(AT_ONCE_MS);
    for (const { socket } of [...silent, ...kept]) socket.destroy();
    session.destroy();
    client.close();
  });

  for (const [what, hold] of [
    ['watches health on the gRPC port', ({ grpcUrl }) => watchHealth(grpcUrl, '')],
    ['holds a reflection stream on the gRPC port', ({ grpcUrl }) => holdReflection(grpcUrl)],
    ['holds a reflection stream on the HTTP port', ({ httpUrl }) => holdReflection(httpUrl)],
  ] as const satisfies readonly (readonly [string, (urls: { grpcUrl: string; httpUrl: string }) => OpenStream])[]) {
    it(`does not wait for a client that ${what}`, async () => {
      const service = await services.start(PATIENT);
      const stream = hold(service);
      await waitUntil('the stream has begun', () => expect(stream.received).to.have.length(1), {
        timeoutMs: STREAM_BEGINS_MS,
      });

      const signalledAtMs = performance.now();
      const exitCode = service.end('SIGTERM');
      await stream.ended;

      expect(await exitCode).to.equal(0);
      expect(performance.now() - signalledAtMs).to.be.below(AT_ONCE_MS);
      stream.close();
    });
  }
});

describe('A service that is stopped while a call does not end', () => {
  const LIMIT_MS = 500;
  const LIMITED = { SHUTDOWN_TIMEOUT_MS: String(LIMIT_MS), REQUEST_TIMEOUT_MS: '60000' };
  const services = shareServices();
  let jwks: HeldJwks;

  beforeEach(async () => {
    jwks = await startHeldJwks();
  });

  afterEach(() => jwks.close());

  it('gives up requests that their clients never finish, after SHUTDOWN_TIMEOUT_MS', async () => {
    const service = await services.start(LIMITED);
    const head = `POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${await bearer()}\r\n`;
    const inHead = await openRaw(portOf(service.httpUrl));
    inHead.socket.write(head);
    const inBody = await openRaw(portOf(service.httpUrl));
    inBody.socket.write(`${head}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
    await once(inBody.socket, 'data');
    const sessions = [service.httpUrl, service.grpcUrl].map((url) => connect(url));
    for (const session of sessions) await beginCall(session, await bearer());

    const signalledAtMs = performance.now();
    const exitCode = await service.end('SIGTERM');

    expect(exitCode).to.equal(0);
    expect(performance.now() - signalledAtMs).to.be.within(LIMIT_MS, LIMIT_MS + AT_ONCE_MS);
    expect(logLines(service).map(({ level }) => level)).to.deep.equal(['info', 'info', 'warn', 'info']);
    for (const { socket } of [inHead, inBody]) socket.destroy();
    for (const session of sessions) session.destroy();
  });

  it('gives up calls whose answer does not come, after SHUTDOWN_TIMEOUT_MS', async () => {
    const service = await services.start({ ...jwks.environment, ...LIMITED });
    const headers = { authorization: jwks.authorization };
    const call = fetch(`${service.httpUrl}/key/generate/m1`, { method: 'POST', headers }).then(
      () => 'answered',
      () => 'lost',
    );
    await jwks.asked();

    const signalledAtMs = performance.now();
    const exitCode = await service.end('SIGTERM');

    expect(exitCode).to.equal(0);
    expect(await call).to.equal('lost');
    expect(performance.now() - signalledAtMs).to.be.within(LIMIT_MS, LIMIT_MS + AT_ONCE_MS);
  });
});

/** Sends the headers of a gRPC call and no message; resolves when the service has read them. */
async function beginCall(session: ClientHttp2Session, authorization: string): Promise<void> {
  session.on('error', () => undefined);
  const path = '/iterapay.keys.v1.KeyService/Generate';
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request({ ...headers, authorization }, { endStream: false });
  stream.on('error', () => undefined);
  // The answer to a ping comes after what was sent before it was read.
  await new Promise((resolve) => session.ping(resolve));
}
