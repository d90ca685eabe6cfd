import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { History, Operation } from '../history/history.ts';
import { type MongoServer, startMongoServer } from '../servers/mongo-server.ts';
import { type RedisServer, type RedisServerOptions, startRedisServer } from '../servers/redis-server.ts';
import { TEST_SETTINGS } from '../service/tokens.ts';
import { createTemporaryDirectory } from '../temporary-directory.ts';
import { type AuthorityView, viewAuthority } from './authority-view.ts';
import { type Instance, startInstance, untilBound } from './instance.ts';
import { type Servers, type WiringOptions, wire } from './instance-wiring.ts';

export interface InstanceOptions extends WiringOptions {
  /** Further settings of this instance. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ClusterOptions {
  /** One for each instance; three plain ones by default. They are named a, b, c, … */
  readonly instances?: readonly InstanceOptions[];
  /** One for each Redis; a plain one by default. The second and further ones may follow the first. */
  readonly redis?: readonly (RedisServerOptions & { readonly followsFirst?: boolean })[];
  /** A running MongoDB, in which the cluster uses a database of its own; otherwise one is started. */
  readonly mongo?: MongoServer | undefined;
  /** `CACHE_LEASE_MS`; a second by default. */
  readonly leaseMs?: number;
  /** Further settings of all instances. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Does something to the servers before the instances start, such as stopping one; these then don't wait for Redis. */
  readonly beforeInstances?: (redis: readonly RedisServer[]) => Promise<void>;
}

/** Instances of the service with the servers that they use. */
export interface Cluster {
  readonly instances: readonly Instance[];
  readonly mongo: MongoServer;
  readonly authority: AuthorityView;
  readonly leaseMs: number;
  /** Every call that was made with the key client. */
  readonly history: History;
  /** The instance of that index. Throws when there is none. */
  instance(index: number): Instance;
  /** The Redis of that index. Throws when there is none. */
  redisServer(index: number): RedisServer;
  /** Stops everything that was started for it, also what a fault has left paused. */
  stop(): Promise<void>;
}

type Stops = (() => Promise<void>)[];

const BOUND_TIMEOUT_MS = 20_000;
/** What `CONFIRM_TIMEOUT_MS` has to be longer than the lease. */
const LEASE_REMOVAL_MS = 2_000;

/** Starts servers and instances on free ports, and waits until all are ready. Nothing is left running when it fails. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const stops: Stops = [];
  try {
    const { leaseMs = 1_000 } = options;
    const directory = createTemporaryDirectory();
    stops.push(async () => directory.remove());
    const servers = await startServers(options, stops);
    const authority = viewAuthority(servers.mongo, servers.database);
    stops.push(() => authority.close());
    await options.beforeInstances?.(servers.redis);
    const history: Operation[] = [];
    const common = { leaseMs, dataDir: join(directory.path, 'data'), history };
    const instances = await startInstances(options, servers, common, stops);
    return {
      instances,
      mongo: servers.mongo,
      authority,
      leaseMs,
      history,
      instance: (index) => at(instances, index),
      redisServer: (index) => at(servers.redis, index),
      stop: () => stopAll(stops),
    };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function startServers(options: ClusterOptions, stops: Stops): Promise<Servers> {
  const mongo = options.mongo ?? (await startMongoServer());
  // Killed first: an orderly end takes seconds, and its data is of no use any more.
  if (options.mongo === undefined) stops.push(() => mongo.kill9().then(() => mongo.stop()));
  const redis: RedisServer[] = [];
  for (const { followsFirst = false, ...own } of options.redis ?? [{}]) {
    const server = await startRedisServer(followsFirst ? { ...own, replicaOf: at(redis, 0) } : own);
    stops.push(() => server.kill9().then(() => server.stop()));
    redis.push(server);
  }
  return { mongo, redis, database: `faults_${randomUUID().slice(0, 8)}` };
}

async function startInstances(
  options: ClusterOptions,
  servers: Servers,
  { leaseMs, dataDir, history }: { readonly leaseMs: number; readonly dataDir: string; readonly history: Operation[] },
  stops: Stops,
): Promise<Instance[]> {
  const { instances: instanceOptions = [{}, {}, {}] } = options;
  const start = async (own: InstanceOptions, index: number) => {
    const { environment, ...wiring } = await wire(own, servers, (close) => stops.push(close));
    const common = {
      ...TEST_SETTINGS,
      DATA_DIR: dataDir,
      CACHE_LEASE_MS: `${leaseMs}`,
      CONFIRM_TIMEOUT_MS: `${leaseMs + LEASE_REMOVAL_MS}`,
      MONGODB_TIMEOUT_MS: '1000',
      // Above the default of 30: several clusters share the machine.
      REDIS_TIMEOUT_MS: '100',
    };
    const instance = await startInstance({
      name: String.fromCharCode(97 + index),
      history,
      ...wiring,
      environment: { ...common, ...environment, ...options.environment, ...own.environment },
    });
    stops.push(() => instance.discard());
    if (own.redis !== 'none' && options.beforeInstances === undefined) await untilBound(instance, BOUND_TIMEOUT_MS);
    return instance;
  };
  // All are awaited, so that those that could be started are stopped where another one could not.
  const outcomes = await Promise.allSettled(instanceOptions.map(start));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`there is no number ${index}`);
  return item;
}

/** The last one first: instances before the servers that they use. */
async function stopAll(stops: Stops): Promise<void> {
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
}
