import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { CacheConnection, EntryKey, FillToken } from '../../src/revocation/cache-connection.ts';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import { redisKey } from '../../src/store/redis/entry.ts';
import { connectRedis } from '../../src/store/redis/redis-connection.ts';
import { type RedisServer, startRedisServer } from '../../testkit/servers/redis-server.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { rejectionOf } from '../unit/rejection.ts';

const ACTIVE: KeyState = { status: 'active', merchantId: 'm1' as MerchantId };
const TOKEN = 'a token' as FillToken;
const OTHERS_TOKEN = 'the token of another fill' as FillToken;
const TTL_MS = 30_000;
const FILL_MS = 60_000;
const MAX_WAIT_MS = 10_000;

describe('A connection to Redis', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  let connections: CacheConnection[];
  let key: EntryKey;

  before(async function () {
    this.timeout(60_000);
    primary = await startRedisServer();
    replica = await startRedisServer({ replicaOf: primary });
    await waitUntil(
      'the replica follows',
      async () => String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      { timeoutMs: MAX_WAIT_MS },
    );
  });

  after(async () => {
    await replica.stop();
    await primary.stop();
  });

  beforeEach(() => {
    connections = [];
    key = { generation: randomUUID() as Generation, hash: 'hash' as KeyHash };
  });

  afterEach(() => {
    for (const connection of connections) connection.close();
  });

  async function connect(url = primary.url): Promise<CacheConnection> {
    const connection = await connectRedis({ url, connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 });
    connections.push(connection);
    return connection;
  }

  const lifeMs = () => primary.command('PTTL', redisKey(key));

  describe('says who answers', () => {
    it('alike on every connection to one process and database', async () => {
      const [one, other] = [await connect(), await connect()];

      expect(await one.identify()).to.be.a('string');
      expect(await other.identify()).to.equal(await one.identify());
    });

    it('differently for two databases of one process', async () => {
      const [first, second] = [await connect(), await connect(`${primary.url}/1`)];

      expect(await second.identify()).not.to.equal(await first.identify());
    });

    it('and does not find in one database what is in the other', async () => {
      const [first, second] = [await connect(), await connect(`${primary.url}/1`)];
      await first.placeFillToken(key, TOKEN, FILL_MS);

      expect(await second.read(key)).to.equal(undefined);
    });

    it('but not on a replica, to which no instance may bind', async () => {
      const connection = await connect(replica.url);

      expect(await connection.identify()).to.equal(undefined);
    });
  });

  describe('to a process that has become a replica', () => {
    it('reads nothing of what it has', async () => {
      const [toPrimary, toReplica] = [await connect(), await connect(replica.url)];
      await toPrimary.placeFillToken(key, TOKEN, FILL_MS);
      await toPrimary.fill(key, TOKEN, ACTIVE, TTL_MS);
      await waitUntil('the replica has it', async () => (await replica.command('GET', redisKey(key))) !== null, {
        timeoutMs: MAX_WAIT_MS,
      });

      const reason = await rejectionOf(toReplica.read(key));

      expect(reason)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.matches(/^READONLY/);
    });

    it('acknowledges no removal', async () => {
      const connection = await connect(replica.url);

      expect(await rejectionOf(connection.remove(key))).to.be.instanceOf(Error);
    });
  });

  describe('fills an entry', () => {
    it('in place of its own token, for the time to live', async () => {
      const connection = await connect();
      await connection.placeFillToken(key, TOKEN, FILL_MS);
      const ofTheToken = await lifeMs();
      await connection.fill(key, TOKEN, ACTIVE, TTL_MS);

      expect(ofTheToken).to.be.within(FILL_MS - MAX_WAIT_MS, FILL_MS);
      expect(await lifeMs()).to.be.within(TTL_MS - MAX_WAIT_MS, TTL_MS);
      expect(await connection.read(key)).to.deep.equal(ACTIVE);
    });

    it('and leaves its life as it is when it is read', async () => {
      const connection = await connect();
      await connection.placeFillToken(key, TOKEN, FILL_MS);
      await connection.fill(key, TOKEN, ACTIVE, TTL_MS);

      await connection.read(key);

      expect(await lifeMs()).to.be.within(TTL_MS - MAX_WAIT_MS, TTL_MS);
    });

    it('not in place of another token, and not where there is none', async () => {
      const connection = await connect();
      await connection.fill(key, TOKEN, ACTIVE, TTL_MS);
      const withoutToken = await connection.read(key);
      await connection.placeFillToken(key, OTHERS_TOKEN, FILL_MS);
      await connection.fill(key, TOKEN, ACTIVE, TTL_MS);

      expect(withoutToken).to.equal(undefined);
      expect(await connection.read(key)).to.deep.equal({ status: 'filling' });
    });

    it('with nothing for an unknown key', async () => {
      const connection = await connect();
      await connection.placeFillToken(key, TOKEN, FILL_MS);

      await connection.fill(key, TOKEN, { status: 'unknown' }, TTL_MS);

      expect(await connection.read(key)).to.equal(undefined);
    });

    it('after one token at a time', async () => {
      const connection = await connect();

      const placed = [
        await connection.placeFillToken(key, TOKEN, FILL_MS),
        await connection.placeFillToken(key, OTHERS_TOKEN, FILL_MS),
      ];

      expect(placed).to.deep.equal([true, false]);
    });
  });

  it('removes an entry of one generation, and not of another', async () => {
    const connection = await connect();
    const other = { ...key, generation: randomUUID() as Generation };
    for (const placed of [key, other]) await connection.placeFillToken(placed, TOKEN, FILL_MS);

    await connection.remove(key);

    expect([await connection.read(key), await connection.read(other)]).to.deep.equal([
      undefined,
      { status: 'filling' },
    ]);
  });

  describe('that was closed', () => {
    it('says so, to those who ask later too, and sends nothing more', async () => {
      const connection = await connect();
      const closed = new Promise<void>((resolve) => connection.onClosed(resolve));
      connection.close();
      await closed;
      let later = false;
      connection.onClosed(() => {
        later = true;
      });

      expect(later).to.equal(true);
      expect(await rejectionOf(connection.remove(key))).to.be.instanceOf(Error);
    });

    it('by Redis is not made again: a command must not reach another process', async () => {
      const connection = await connect();
      const closed = new Promise<void>((resolve) => connection.onClosed(resolve));
      await primary.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await closed;

      const commands = [() => connection.identify(), () => connection.read(key), () => connection.remove(key)];
      for (const send of commands) expect(await rejectionOf(send())).to.be.instanceOf(Error);
    });

    it('with commands under way rejects them, and sends none of them again', async () => {
      const connection = await connect();
      const closed = new Promise<void>((resolve) => connection.onClosed(resolve));
      primary.pause();
      const removal = rejectionOf(connection.remove(key));
      connection.close();
      primary.resume();

      expect(await removal).to.be.instanceOf(Error);
      await closed;
    });
  });

  it('gives up on a command that takes too long', async () => {
    const connection = await connectRedis({ url: primary.url, connectTimeoutMs: 5_000, commandTimeoutMs: 50 });
    connections.push(connection);
    primary.pause();
    try {
      expect(await rejectionOf(connection.read(key))).to.be.instanceOf(Error);
    } finally {
      primary.resume();
    }
  });
});
