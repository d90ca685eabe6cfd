import { expect } from 'chai';
import { sendRedisCommand } from '../../testkit/servers/redis-command.ts';
import { type RedisServer, type RedisServerOptions, startRedisServer } from '../../testkit/servers/redis-server.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

/** A Redis that does not answer is distinguished from one that does within this time, in milliseconds. */
const SILENCE_MS = 300;

async function errorOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `no error, but ${String(value)}`,
    (error: unknown) => String(error),
  );
}

describe('A Redis for tests', () => {
  const servers: RedisServer[] = [];

  before('install Redis where it is missing', async function () {
    this.timeout(300_000);
    await (await startRedisServer()).stop();
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function start(options?: RedisServerOptions): Promise<RedisServer> {
    const server = await startRedisServer(options);
    servers.push(server);
    return server;
  }

  it('answers commands, and is the process that it says', async () => {
    const server = await start();

    expect(await server.command('SET', 'k', 'v', 'PX', 60_000)).to.equal('OK');
    expect(await server.command('GETEX', 'k')).to.equal('v');
    expect(await server.command('INFO', 'server')).to.match(new RegExp(`process_id:${server.pid}\\r`));
  });

  it('is gone, with its directory, when it is stopped', async () => {
    const server = await startRedisServer();

    await server.stop();

    expect(() => process.kill(server.pid, 0)).to.throw('ESRCH');
    expect(await errorOf(server.command('PING'))).to.contain('ECONNREFUSED');
  });

  it('keeps its port, and starts empty after SIGKILL', async () => {
    const server = await start();
    await server.command('SET', 'k', 'v');
    const firstPid = server.pid;

    await server.kill9();
    const whileDead = await errorOf(server.command('PING'));
    await server.restart();

    expect(whileDead).to.contain('ECONNREFUSED');
    expect(server.pid).not.to.equal(firstPid);
    expect(await server.command('GET', 'k')).to.equal(null);
  });

  it('starts again from a snapshot, and empty if asked to', async () => {
    const server = await start();
    await server.command('SET', 'k', 'old');
    await server.command('SAVE');
    await server.command('SET', 'k', 'new');

    await server.restart({ snapshotFile: server.snapshotFile });
    const fromSnapshot = await server.command('GET', 'k');
    const copy = await start({ snapshotFile: server.snapshotFile });
    const inCopy = await copy.command('GET', 'k');
    await server.restart({ empty: true });

    expect([fromSnapshot, inCopy, await server.command('GET', 'k')]).to.deep.equal(['old', 'old', null]);
  });

  it('refuses who does not know the password', async () => {
    const server = await start({ password: 'p@ss:word' });

    const withWrongPassword = sendRedisCommand(`redis://:wrong@${server.host}:${server.port}`, ['PING']);

    expect(await errorOf(withWrongPassword)).to.contain('WRONGPASS');
    expect(await server.command('PING')).to.equal('PONG');
  });

  it('refuses writes when it is full', async () => {
    const server = await start({ maxMemory: '1mb' });

    expect(await errorOf(server.command('SET', 'k', 'x'.repeat(100_000)))).to.contain('OOM');
    expect(await server.command('GET', 'k')).to.equal(null);
  });

  it('follows a primary, refuses writes meanwhile, and can be promoted', async () => {
    const primary = await start({ password: 'secret' });
    const replica = await start({ password: 'secret', replicaOf: primary });
    await primary.command('SET', 'k', 'v');

    await waitUntil('the replica has the key', async () => expect(await replica.command('GET', 'k')).to.equal('v'), {
      timeoutMs: 10_000,
    });
    const refused = await errorOf(replica.command('GETEX', 'k'));
    await replica.command('REPLICAOF', 'NO', 'ONE');

    expect(refused).to.contain('READONLY');
    expect(await replica.command('GETEX', 'k')).to.equal('v');
  });

  it('is silent while it is paused, and goes on after that', async () => {
    const server = await start();

    server.pause();
    const whilePaused = server.command('PING');
    const silent = await Promise.race([
      whilePaused,
      new Promise((resolve) => setTimeout(resolve, SILENCE_MS, 'silence')),
    ]);
    server.resume();

    expect(silent).to.equal('silence');
    expect(await whilePaused).to.equal('PONG');
  });

  it('can be used while it is still loading', async () => {
    // Redis answers after each 2 MiB that it has loaded.
    const server = await start({ extraArguments: ['--rdbcompression', 'no'] });
    await server.command('DEBUG', 'POPULATE', 2_000, 'key', 20_480);
    await server.command('SAVE');

    const loading = await start({
      snapshotFile: server.snapshotFile,
      waitUntilLoaded: false,
      extraArguments: ['--key-load-delay', '1000'],
    });

    expect(await errorOf(loading.command('GET', 'key:1'))).to.contain('LOADING');
  });
});
