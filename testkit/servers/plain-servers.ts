import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { startMongoServer } from './mongo-server.ts';
import { startRedisServer } from './redis-server.ts';

/** A server for a test that only talks to it: it may be shared, so it is neither stopped nor configured nor emptied. */
export interface PlainServer {
  readonly url: string;
  /** Lets go of it: removes the test's database, or stops a server that was started for it. */
  release(): Promise<void>;
}

const DATABASE_TIMEOUT_MS = 5_000;

/** The Redis of `REDIS_URL`, else one that is started. Entries' keys hold random generations: nothing is cleared. */
export async function openPlainRedis(): Promise<PlainServer> {
  const url = process.env['REDIS_URL'];
  if (url !== undefined && url !== '') return { url, release: async () => undefined };
  const server = await startRedisServer();
  return { url: server.url, release: () => server.stop() };
}

/** A database of one's own on the server of `MONGODB_URL`, else on one that is started. */
export async function openPlainMongo(): Promise<PlainServer> {
  const database = `iterapay_keys_test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const sharedUrl = process.env['MONGODB_URL'];
  if (sharedUrl === undefined || sharedUrl === '') {
    const server = await startMongoServer();
    return { url: withDatabase(server.url, database), release: () => server.stop() };
  }
  const url = withDatabase(sharedUrl, database);
  return { url, release: () => dropDatabase(url) };
}

/**
 * The URL with another database. `new URL` would refuse one that lists several hosts.
 *
 * @throws Error when it is no MongoDB URL
 */
export function withDatabase(url: string, database: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/(?:[^/?]*@)?[^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url);
  if (parts === null) throw new Error('MONGODB_URL: is no MongoDB URL');
  const [, origin = '', oldDatabase = '', query = ''] = parts;
  const options = new URLSearchParams(query);
  // The old database is also the one that knows the user, unless the URL says otherwise.
  if (oldDatabase !== '' && origin.includes('@') && !options.has('authSource')) options.set('authSource', oldDatabase);
  return `${origin}/${database}${options.size > 0 ? `?${options}` : ''}`;
}

async function dropDatabase(url: string): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: DATABASE_TIMEOUT_MS });
  try {
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
}
