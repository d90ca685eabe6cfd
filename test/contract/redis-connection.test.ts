import { expect } from 'chai';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import { createFillToken, redisKey } from '../../src/store/redis/entry.ts';
import { connectRedis } from '../../src/store/redis/redis-connection.ts';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import { type RedisServer, startRedisServer } from '../../testkit/servers/redis-server.ts';
import { describeCacheConnectionContract } from './cache-connection-contract.ts';
import { type CacheFixture, newEntryKey, TTL_MS } from './cache-fixture.ts';
import { outcomeOf } from './outcome.ts';

const TIMEOUT_MS = 5_000;

describe('On a real server', () => {
  let redis: RedisServer;

  before(async function () {
    this.timeout(60_000);
    // One of its own: it is restarted and demoted.
    redis = await startRedisServer();
  });

  after(() => redis.stop());

  describeCacheConnectionContract('Redis', async () => createFixture(redis));

  describe('A command to Redis', () => {
    it('rejects when no reply comes in time', async () => {
      const connection = await connectRedis({ url: redis.url, connectTimeoutMs: TIMEOUT_MS, commandTimeoutMs: 20 });
      redis.pause();

      const outcome = await outcomeOf(connection.read(newEntryKey()));

      redis.resume();
      connection.close();
      expect(outcome).to.equal('rejected');
    });

    it('whose process ends before it replied rejects, and is not sent to the next process', async () => {
      const { connect, restart, dispose } = createFixture(redis);
      const connection = await connect();
      const key = newEntryKey();
      redis.pause();
      const outcome = outcomeOf(connection.placeFillToken(key, createFillToken(), TTL_MS));
      await redis.kill9();

      await restart();

      expect(await outcome).to.equal('rejected');
      expect(await (await connect()).read(key)).to.equal(undefined);
      await dispose();
    });
  });
});

function createFixture(redis: RedisServer): CacheFixture {
  const connections: CacheConnection[] = [];
  return {
    async connect(database = 0) {
      const url = `${redis.url}/${database}`;
      const connection = await connectRedis({ url, connectTimeoutMs: TIMEOUT_MS, commandTimeoutMs: TIMEOUT_MS });
      connections.push(connection);
      return connection;
    },
    async closeConnections() {
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    },
    restart: () => redis.restart({ empty: true }),
    async restartWithEntries() {
      await redis.command('SAVE');
      await redis.restart();
    },
    async demote() {
      // Of a primary that is not there: it keeps the entries that it has.
      await redis.command('REPLICAOF', redis.host, await findFreePort());
    },
    async promote() {
      await redis.command('REPLICAOF', 'NO', 'ONE');
    },
    async remainingMs(key) {
      const remainingMs = Number(await redis.command('PTTL', redisKey(key)));
      return remainingMs === -2 ? undefined : remainingMs;
    },
    advance: () => undefined,
    async dispose() {
      for (const connection of connections) connection.close();
      await redis.command('REPLICAOF', 'NO', 'ONE');
    },
  };
}
