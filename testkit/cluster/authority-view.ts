import { hash } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { TEST_APP_NAME } from '../servers/mongo-command.ts';
import type { MongoServer } from '../servers/mongo-server.ts';
import { withDatabase } from '../servers/plain-servers.ts';
import type { RedisServer } from '../servers/redis-server.ts';

/** What the authority holds, read beside the service: so that a test can check whether its fault really happened. */
export interface AuthorityView {
  /** The hashes that are pending for the merchant. */
  pendingOf(merchantId: string): Promise<readonly string[]>;
  /** The ids of the caches in the registry. */
  caches(): Promise<readonly string[]>;
  /** The generations of the caches in the registry. */
  generations(): Promise<readonly string[]>;
  /** How often the leases under the generation have been renewed; 0 when there are none. */
  renewalsIn(generation: string): Promise<number>;
  /** How many pending entries of all merchants have no acknowledgement of the generation. */
  unacknowledgedIn(generation: string): Promise<number>;
  /** Whether the hash of the key is among the revoked ones. */
  isRevoked(key: string): Promise<boolean>;
  close(): Promise<void>;
}

interface Merchant {
  readonly _id: string;
  readonly pending?: readonly { readonly hash: string; readonly acks: readonly string[] }[];
}

interface Registry {
  readonly _id: string;
  readonly holders?: Readonly<Record<string, RegisteredCache>>;
}

interface RegisteredCache {
  readonly generation: string;
  readonly leases?: Readonly<Record<string, { readonly count: number }>>;
}

const TIMEOUT_MS = 5_000;

/** The hash under which the service stores the key. */
export function hashOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

export function viewAuthority(mongo: MongoServer, database: string): AuthorityView {
  const client = new MongoClient(withDatabase(mongo.url, database), {
    appName: TEST_APP_NAME,
    directConnection: true,
    serverSelectionTimeoutMS: TIMEOUT_MS,
    socketTimeoutMS: TIMEOUT_MS,
  });
  const merchants = client.db().collection<Merchant>('merchants');

  async function readCaches(): Promise<NonNullable<Registry['holders']>> {
    const registry = await client.db().collection<Registry>('registry').findOne({ _id: 'holders' });
    return registry?.holders ?? {};
  }

  return {
    async pendingOf(merchantId) {
      const merchant = await merchants.findOne({ _id: merchantId });
      return (merchant?.pending ?? []).map((entry) => entry.hash);
    },
    caches: async () => Object.keys(await readCaches()),
    generations: async () => Object.values(await readCaches()).map(({ generation }) => generation),
    async renewalsIn(generation) {
      const cache = Object.values(await readCaches()).find((one) => one.generation === generation);
      return Object.values(cache?.leases ?? {}).reduce((sum, { count }) => sum + count, 0);
    },
    unacknowledgedIn: (generation) =>
      merchants.countDocuments({ pending: { $elemMatch: { acks: { $ne: generation } } } }),
    isRevoked: async (key) => (await merchants.findOne({ 'retired.hash': hashOf(key) })) !== null,
    close: () => client.close(),
  };
}

/** The keys of all entries that a Redis holds for the API key, whatever their generation. */
export async function entryKeysOf(redis: RedisServer, apiKey: string): Promise<readonly string[]> {
  return (await redis.command('KEYS', `iterapay_keys:*:${hashOf(apiKey)}`)) as string[];
}

/** Whether a Redis holds an entry that calls the API key valid. */
export async function holdsValidEntry(redis: RedisServer, apiKey: string): Promise<boolean> {
  for (const entryKey of await entryKeysOf(redis, apiKey)) {
    if (String(await redis.command('GET', entryKey)).startsWith('v')) return true;
  }
  return false;
}
