import type { MongoServer } from '../servers/mongo-server.ts';
import { withDatabase } from '../servers/plain-servers.ts';
import type { RedisServer } from '../servers/redis-server.ts';
import { createTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts';
import { createRedirectedAddress, type RedirectedAddress } from './redirected-address.ts';

/** How an instance reaches its servers. */
export interface WiringOptions {
  /** Which Redis it uses: an index (0 by default), or none. */
  readonly redis?: number | 'none';
  /** Whether it reaches Redis and MongoDB through links of its own that can be made to fail. */
  readonly links?: boolean;
  /** Whether its Redis is at an address that can be made to lead to another one. Not together with `links`. */
  readonly redirected?: boolean;
}

export interface Wiring {
  readonly redisLink?: TcpProxy;
  readonly redisAddress?: RedirectedAddress;
  readonly mongoLink?: TcpProxy;
  /** The settings that name the servers. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Servers {
  readonly redis: readonly RedisServer[];
  readonly mongo: MongoServer;
  readonly database: string;
}

/**
 * Makes an instance's links.
 *
 * @param note is called with what closes each of them
 */
export async function wire(
  { redis: which = 0, links = false, redirected = false }: WiringOptions,
  { redis, mongo, database }: Servers,
  note: (close: () => Promise<void>) => void,
): Promise<Wiring> {
  const noted = <T extends { close(): Promise<void> }>(part: T): T => {
    note(() => part.close());
    return part;
  };
  const mongoLink = links ? noted(await createTcpProxy(mongo)) : undefined;
  const mongoUrl = mongoLink === undefined ? mongo.url : mongo.urlAt(mongoLink.port);
  const wiring: Wiring = {
    ...(mongoLink && { mongoLink }),
    environment: { MONGODB_URL: withDatabase(mongoUrl, database) },
  };
  if (which === 'none') return wiring;

  const server = redis[which];
  if (server === undefined) throw new RangeError(`there is no Redis ${which}`);
  const redisLink = links ? noted(await createTcpProxy(server)) : undefined;
  const redisAddress = redirected ? noted(await createRedirectedAddress(server.port)) : undefined;
  const port = redisLink?.port ?? redisAddress?.port ?? server.port;
  return {
    ...wiring,
    ...(redisLink && { redisLink }),
    ...(redisAddress && { redisAddress }),
    environment: { ...wiring.environment, REDIS_URL: server.urlAt(port) },
  };
}
