import { expect } from 'chai';
import { type Collection, MongoClient } from 'mongodb';
import { type MongoServer, startMongoServer } from '../../testkit/servers/mongo-server.ts';

interface Counter {
  readonly _id: string;
  readonly n: number;
}

const SILENCE_MS = 300;

function errorOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => String(error),
  );
}

describe('A MongoDB server for tests', () => {
  let server: MongoServer;
  let client: MongoClient;
  let counters: Collection<Counter>;

  before('install the server where it is missing', async function () {
    this.timeout(300_000);
    server = await startMongoServer();
    client = new MongoClient(server.url, {
      serverSelectionTimeoutMS: 10_000,
      heartbeatFrequencyMS: 500,
      writeConcern: { w: 'majority', journal: true },
    });
    counters = client.db('test').collection<Counter>('counters');
  });

  after(async () => {
    await client.close();
    await server.stop();
  });

  afterEach(() => server.clearFailPoints());

  const increment = (_id: string) => counters.updateOne({ _id }, { $inc: { n: 1 } }, { upsert: true });
  const countOf = async (_id: string) =>
    (await counters.findOne({ _id }, { readConcern: { level: 'linearizable' } }))?.n;

  it('is a primary that reads linearizably what a majority has', async () => {
    await increment('a');

    expect(await countOf('a')).to.equal(1);
    expect(await server.command({ hello: 1 })).to.include({ isWritablePrimary: true });
  });

  it('takes a write once that the driver repeats', async () => {
    await server.failPoint({ mode: { times: 1 }, data: { failCommands: ['update'], closeConnection: true } });

    await increment('b');

    expect(await countOf('b')).to.equal(1);
  });

  it('can answer a write that it made with a write concern error', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    await server.failPoint({ mode: 'alwaysOn', data: { failCommands: ['update'], writeConcernError } });

    const error = await errorOf(increment('c'));
    await server.clearFailPoints();

    expect(error).to.contain('waiting for replication timed out');
    expect(await countOf('c')).to.equal(1);
  });

  it('has every acknowledged write after SIGKILL, on the same port', async () => {
    let acknowledged = 0;
    let isKilled = false;
    const writing = (async () => {
      while (!isKilled && (await errorOf(increment('d'))) === 'no error') acknowledged++;
    })();
    while (acknowledged < 20) await new Promise((resolve) => setImmediate(resolve));

    await server.kill9();
    isKilled = true;
    await server.restart();
    await writing;

    // One may have been made without its reply being seen.
    expect(await countOf('d')).to.be.oneOf([acknowledged, acknowledged + 1]);
  });

  it('is found again by a client when it was restarted', async () => {
    await increment('f');

    await server.restart();

    expect(await countOf('f')).to.equal(1);
  });

  it('is silent while it is paused, and goes on after that', async () => {
    await increment('e');

    server.pause();
    const whilePaused = increment('e').then(() => 'done');
    const silence = new Promise((resolve) => setTimeout(resolve, SILENCE_MS, 'silence'));
    const first = await Promise.race([whilePaused, silence]);
    server.resume();

    expect(first).to.equal('silence');
    expect(await whilePaused).to.equal('done');
    expect(await countOf('e')).to.equal(2);
  });
});
