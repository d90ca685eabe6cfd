import { Redis } from 'ioredis';
import type { HolderId } from '../core/revocation.ts';

/**
 * One connection to one Redis process, and the only commands that the protocol sends. It never reconnects, never sends
 * a command again and never queues one for later: a command that is meant for one process must not reach another, nor
 * may the reply of another count for it.
 */
export interface RedisConnection {
  /** Who answers on this connection; undefined when it is not a primary or does not tell. */
  identify(): Promise<HolderId | undefined>;
  /** Reads an entry. GETEX and not GET: a process that has become a replica refuses it. */
  read(key: string): Promise<string | null>;
  /** Places a token where nothing stands. Resolves to whether it did. */
  placeToken(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Replaces the token by a verdict, or by nothing, if it is still there. */
  fill(key: string, token: string, verdict: string | undefined, ttlMs: number): Promise<void>;
  /** Removes an entry. */
  remove(key: string): Promise<void>;
  /** Calls back in the turn in which the connection is closed; at once if it is. */
  onClosed(callback: () => void): void;
  close(): void;
}

export interface RedisConnectionOptions {
  readonly url: string;
  /** Longest time to connect and authenticate, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest wait for the reply of one command, in milliseconds. */
  readonly commandTimeoutMs: number;
}

/** Compare and set: what was read before a revocation cannot land after its DEL, which has removed the token. */
const FILL_SCRIPT = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

interface RedisWithFill extends Redis {
  fillEntry(key: string, token: string, verdict: string, ttlMs: number): Promise<number>;
}

/** @throws Error when Redis cannot be reached, is loading, or refuses the password */
export async function connectRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
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
      return toHolderId(await redis.info(), redis.options.db ?? 0);
    },
    read: (key) => redis.getex(key),
    placeToken: async (key, token, ttlMs) => (await redis.set(key, token, 'PX', ttlMs, 'NX')) === 'OK',
    async fill(key, token, verdict, ttlMs) {
      await redis.fillEntry(key, token, verdict ?? '', ttlMs);
    },
    async remove(key) {
      await redis.del(key);
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
function toHolderId(info: string, database: number): HolderId | undefined {
  const field = (name: string) => new RegExp(`^${name}:(\\w+)`, 'm').exec(info)?.[1];
  const [role, runId, replicationId] = ['role', 'run_id', 'master_replid'].map(field);
  if (role !== 'master' || runId === undefined || replicationId === undefined) return undefined;
  return `${runId}-${replicationId}-${database}` as HolderId;
}
