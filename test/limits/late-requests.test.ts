import { expect } from 'chai';
import { GRPC, requestHead, VALIDATE_PATH } from '../../testkit/clients/frames.ts';
import { portOf } from '../../testkit/clients/port-of.ts';
import { envelope, type RawGrpcReply, sendRawGrpc } from '../../testkit/clients/raw-grpc.ts';
import { openRaw } from '../../testkit/clients/raw-http.ts';
import { acknowledge, FRAME, type Frame, openRawHttp2 } from '../../testkit/clients/raw-http2.ts';
import { shareService } from '../../testkit/service/shared-services.ts';
import { expectAlive, readEnded, readUsage, waitUntilAllClosed } from '../../testkit/service/usage.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const WAIT = { timeoutMs: 15_000 };
const DEADLINE_EXCEEDED = '4';
const WATCH_PATH = '/grpc.health.v1.Health/Watch';
const REFLECTION_PATH = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
/** The first part of a message that announces ten bytes. */
const HALF = Buffer.from([0, 0, 0, 0, 10, 0x0a]);
const HALF_DATA: Frame = { type: FRAME.data, streamId: 1, payload: HALF };

describe('A request that does not arrive within REQUEST_TIMEOUT_MS', () => {
  const service = shareService({ REQUEST_TIMEOUT_MS: '400' });
  const openFrames = (port: 'httpUrl' | 'grpcUrl') => openRawHttp2(portOf(service()[port]));

  function expectLate(reply: RawGrpcReply): void {
    expect(reply['grpc-status'], String(reply['grpc-message'])).to.equal(DEADLINE_EXCEEDED);
    expect(decodeURIComponent(String(reply['grpc-message']))).to.equal('The request did not arrive in time.');
    expect(reply['grpc-status-details-bin']).to.be.a('string');
  }

  it('is answered with DEADLINE_EXCEEDED over gRPC on both ports, with half a message or none', async () => {
    const replies = await Promise.all(
      [service().httpUrl, service().grpcUrl].flatMap((url) =>
        [HALF, Buffer.alloc(0)].map((unfinished) => sendRawGrpc(url, { path: VALIDATE_PATH, unfinished })),
      ),
    );

    for (const reply of replies) expectLate(reply);
  });

  it('is ended where it is for a stream: a health watch, or reflection on either port', async () => {
    const paths = [
      ['grpcUrl', WATCH_PATH],
      ['grpcUrl', REFLECTION_PATH],
      ['httpUrl', REFLECTION_PATH],
    ] as const;

    const ended = await Promise.all(
      paths.map(async ([port, path]) => {
        const connection = await openFrames(port);
        acknowledge(connection);
        connection.send(requestHead(1, path, GRPC), HALF_DATA);
        const { streamId } = await connection.receive(FRAME.resetStream);
        connection.socket.destroy();
        return streamId;
      }),
    );

    expect(ended).to.deep.equal([1, 1, 1]);
  });

  it('is answered with deadline_exceeded in the format of Connect (HTTP/1.1)', async () => {
    const head = `POST ${VALIDATE_PATH} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n`;
    const connection = await openRaw(portOf(service().httpUrl));

    connection.socket.write(`${head}\r\n{"api`);
    const [reply] = await connection.responses(1);

    expect(reply?.status).to.equal(504);
    expect(JSON.parse(reply?.text ?? '')).to.include({ code: 'deadline_exceeded' });
    await connection.closed();
  });

  it('is answered with deadline_exceeded in the format of Connect (HTTP/2)', async () => {
    const connection = await openFrames('httpUrl');
    const head = requestHead(1, VALIDATE_PATH, [['content-type', 'application/json']]);

    connection.send(head, { ...HALF_DATA, payload: Buffer.from('{"api') });
    const { payload } = await connection.receive(FRAME.data);

    expect(JSON.parse(payload.toString())).to.include({ code: 'deadline_exceeded' });
    connection.socket.destroy();
  });

  it('ends its stream where it goes on after its answer, and nothing else of the connection', async () => {
    const connection = await openFrames('httpUrl');
    acknowledge(connection);

    connection.send(requestHead(1, '/key/generate/m1'));
    const answered = await connection.receive(FRAME.headers);
    const ended = await connection.receive(FRAME.resetStream);
    connection.send(requestHead(3, '/key/info/m1', [], true));
    const next = await connection.receive(FRAME.headers);

    expect([answered.streamId, ended.streamId, next.streamId]).to.deep.equal([1, 1, 3]);
    expect(await readEnded(service(), 'request_timeout')).to.be.at.least(1);
    connection.socket.destroy();
  });

  it('is no reason to end a call that came whole', async () => {
    const reply = await sendRawGrpc(service().grpcUrl, { path: VALIDATE_PATH });

    expect(reply.body).to.equal(envelope(Buffer.from([0x18, 1])).toString('latin1'));
    await expectAlive(service());
  });

  it('is not the only thing that ends: so does a connection over HTTP/1.1 whose client takes no answers', async () => {
    await waitUntilAllClosed(service(), WAIT.timeoutMs);
    const connection = await openRaw(portOf(service().httpUrl));
    connection.socket.pause();

    connection.socket.write('GET /key/info/m1 HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(30_000));
    await waitUntil('it is there', async () => expect((await readUsage(service())).connections).to.equal(1), WAIT);
    await waitUntilAllClosed(service(), WAIT.timeoutMs);

    connection.socket.destroy();
    await expectAlive(service());
  });
});
