import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { createTcpProxy, type TcpProxy } from '../../testkit/servers/tcp-proxy.ts';

/** What is not there after this time is taken not to come, in milliseconds. */
const SILENCE_MS = 150;

/** Answers what it gets in capital letters, and notes what it got. */
async function startUpstream() {
  const received: string[] = [];
  let noteEnd: (what: string) => void = () => undefined;
  const firstEnd = new Promise<string>((resolve) => {
    noteEnd = resolve;
  });
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('close', () => noteEnd('ended'));
    socket.on('data', (data) => {
      received.push(data.toString());
      socket.write(data.toString().toUpperCase());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port, received, firstEnd };
}

function silence(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, SILENCE_MS, 'silence'));
}

/** The next data or end on the socket, or `silence`. */
async function next(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('silence'), SILENCE_MS);
    const settle = (text: string) => {
      clearTimeout(timer);
      resolve(text);
    };
    socket.once('data', (data) => settle(data.toString()));
    socket.once('close', () => settle('closed'));
  });
}

describe('The TCP proxy for tests', () => {
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  let proxy: TcpProxy;

  beforeEach(async () => {
    upstream = await startUpstream();
    proxy = await createTcpProxy({ host: '127.0.0.1', port: upstream.port });
  });

  afterEach(async () => {
    await proxy.close();
    upstream.server.close();
  });

  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, proxy.host);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  async function ask(socket: Socket, text: string): Promise<string> {
    const answer = next(socket);
    socket.write(text);
    return answer;
  }

  it('forwards both directions and the end', async () => {
    const socket = await open();

    expect(await ask(socket, 'a')).to.equal('A');
    socket.end();
    expect(await next(socket)).to.equal('closed');
  });

  it('ends what is open when it is cut', async () => {
    const socket = await open();
    await ask(socket, 'a');

    const closed = next(socket);
    await proxy.cut();

    expect(await closed).to.equal('closed');
    expect(proxy.connections).to.equal(0);
  });

  it('refuses connections while it is cut, and takes them on the same port when restored', async () => {
    await proxy.cut();
    const refused = await open().then(
      () => 'connected',
      (error: unknown) => String(error),
    );
    await proxy.restore();

    expect(refused).to.contain('ECONNREFUSED');
    const socket = await open();
    expect(await ask(socket, 'a')).to.equal('A');
    socket.destroy();
  });

  it('is silent in both directions while half-open, also to new connections, and then goes on in order', async () => {
    const early = await open();
    await ask(early, 'a');

    proxy.halfOpen();
    const late = await open();
    const silent = await Promise.all([ask(early, 'b'), ask(late, 'c')]);
    const seenMeanwhile = [...upstream.received];
    const answers = Promise.all([next(early), next(late)]);
    await proxy.restore();

    expect(silent).to.deep.equal(['silence', 'silence']);
    expect(seenMeanwhile).to.deep.equal(['a']);
    expect(await answers).to.deep.equal(['B', 'C']);
    early.destroy();
    late.destroy();
  });

  it('does not pass on an end while half-open', async () => {
    const socket = await open();
    await ask(socket, 'a');
    const atUpstream = upstream.firstEnd;

    proxy.halfOpen();
    socket.destroy();
    const meanwhile = await Promise.race([atUpstream, silence()]);
    await proxy.restore();

    expect(meanwhile).to.equal('silence');
    expect(await atUpstream).to.equal('ended');
  });

  it('can let requests through and hold their replies', async () => {
    const socket = await open();

    proxy.holdReplies();
    const answer = await ask(socket, 'a');

    expect([answer, upstream.received]).to.deep.equal(['silence', ['a']]);
    socket.destroy();
  });

  it('delays each direction', async () => {
    const socket = await open();
    proxy.delay(50);

    const askedAtMs = performance.now();
    const answer = await ask(socket, 'a');

    expect(answer).to.equal('A');
    expect(performance.now() - askedAtMs).to.be.within(100, 140);
    socket.destroy();
  });
});
