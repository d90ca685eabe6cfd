import { Redis } from 'ioredis';

/** Longest time to connect, and to wait for a reply, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Sends one command on a connection of its own and resolves to its reply, also while the server is loading.
 *
 * @param url `redis://…`
 * @throws Error that the server replied with, or when it cannot be reached or stays silent
 */
export async function sendRedisCommand(url: string, command: readonly (string | number)[]): Promise<unknown> {
  const [name = '', ...rest] = command;
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // Says why there is no connection; the rejection says only that there is none.
  let reason: unknown;
  redis.on('error', (error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    return await redis.call(String(name), ...rest);
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}
