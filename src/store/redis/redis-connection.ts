import { Redis } from 'ioredis';
import type { CacheConnection } from '../../revocation/cache-connection.ts';
import type { CacheId } from '../../revocation/cache-registry.ts';
import { decodeEntry, encodeVerdict, redisKey } from './entry.ts';

export interface RedisConnectionOptions {
  readonly url: string;
  /** Longest time to connect and authenticate, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest wait for the reply of one command, in milliseconds. */
  readonly commandTimeoutMs: number;
}

/** Compare and set: what was read before a revocation cannot land after its DEL, which has removed the fill token. */
const FILL_SCRIPT = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

interface RedisWithFill extends Redis {
  fillEntry(key: string, token: string, verdict: string, ttlMs: number): Promise<number>;
}

/** @throws Error when Redis cannot be reached, is loading, or refuses the password */
export async function connectRedis(options: RedisConnectionOptions): Promise<CacheConnection> {
  const redis = new Redis(options.url, {
    lazyConnect: true,
    connectTimeout: options.connectTimeoutMs,
    commandTimeout: options.commandTimeoutMs,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    scripts: { fillEntry: { lua: FILL_SCRIPT, numberOfKeys: 1 } },
  }) as RedisWithFill;
  await connectInTime(redis, options.connectTimeoutMs);

  let closed = false;
  const onClosed: (() => void)[] = [];
  redis.once('close', () => {
    closed = true;
    for (const callback of onClosed) callback();
  });

  return {
    async identify() {
      return toCacheId(await redis.info(), redis.options.db ?? 0);
    },
    // GETEX and not GET: a process that has become a replica refuses it.
    async read(key) {
      const text = await redis.getex(redisKey(key));
      return text === null ? undefined : decodeEntry(text);
    },
    placeFillToken: async (key, token, ttlMs) => (await redis.set(redisKey(key), token, 'PX', ttlMs, 'NX')) === 'OK',
    async fill(key, token, state, ttlMs) {
      await redis.fillEntry(redisKey(key), token, encodeVerdict(state) ?? '', ttlMs);
    },
    async remove(key) {
      await redis.del(redisKey(key));
    },
    onClosed(callback) {
      if (closed) callback();
      else onClosed.push(callback);
    },
    close: () => redis.disconnect(),
  };
}

/** ioredis waits without limit for a Redis that accepts and stays silent, or that is loading. */
async function connectInTime(redis: Redis, timeoutMs: number): Promise<void> {
  let reason: unknown = new Error(`Redis did not become ready within ${timeoutMs} ms`);
  // What rejects says only that the connection was closed; the reason is in this event, which must have a listener.
  redis.on('error', (error) => {
    reason = error;
  });
  const timer = setTimeout(() => redis.disconnect(), timeoutMs);
  try {
    await redis.connect();
  } catch {
    redis.disconnect();
    throw new Error('Redis cannot be used', { cause: reason });
  } finally {
    clearTimeout(timer);
  }
}

/** A process in one life (`run_id`) with one history (`master_replid` changes when a replica is promoted). */
function toCacheId(info: string, database: number): CacheId | undefined {
  const field = (name: string) => new RegExp(`^${name}:(\\w+)`, 'm').exec(info)?.[1];
  const [role, runId, replicationId] = ['role', 'run_id', 'master_replid'].map(field);
  if (role !== 'master' || runId === undefined || replicationId === undefined) return undefined;
  return `${runId}-${replicationId}-${database}` as CacheId;
}
