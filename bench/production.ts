import { openDeveloperKey } from '../src/auth/developer-key.ts';
import { startMongoServer } from '../testkit/servers/mongo-server.ts';
import { startRedisServer } from '../testkit/servers/redis-server.ts';
import { createTemporaryDirectory } from '../testkit/temporary-directory.ts';
import { compareCpu, print } from './cpu.ts';
import { createValidateLoad } from './load.ts';
import { startServerProcess } from './server-process.ts';
import { createServerStatistics } from './server-statistics.ts';
import { createServiceClient, reportLatency } from './service-client.ts';

/** What a Validate that Redis answers may cost, as a multiple of the empty call. */
const AIM = 1.5;
const CHANGES = 200;
const HITS = 20_000;
const MISSES = 300;

/** Measures the service on MongoDB and Redis. */
export async function benchProduction(): Promise<void> {
  const directory = createTemporaryDirectory();
  const token = await openDeveloperKey(directory.path).issue({ merchant_id: '*' }, 3600);
  const mongo = await startMongoServer();
  const redis = await startRedisServer();
  const start = () =>
    startServerProcess('src/main.ts', {
      DATA_DIR: directory.path,
      MONGODB_URL: mongo.url,
      REDIS_URL: redis.url,
    });
  const service = await start();
  const client = createServiceClient(service, token);
  const apiKey = await client.generate('bench');
  const load = await createValidateLoad(apiKey);
  const statistics = await createServerStatistics(mongo.url, redis);

  try {
    await compareCpu('MongoDB and Redis', [
      { name: 'no-op grpc-js server', start: () => startServerProcess('bench/noop-server.ts'), load },
      { name: 'Validate, answered by Redis', start, load, aim: AIM },
    ]);

    print('\nCommands of each call, counted by the servers');
    await statistics.report('Validate, hit', HITS, () => load.send(service, HITS));
    const keys: string[] = [];
    for (let index = 0; index < MISSES; index++) keys.push(await client.generate(`miss-${index}`));
    await statistics.report('Validate, miss', MISSES, async () => {
      await reportLatency('Validate, miss', MISSES, (index) => client.validate(keys[index] ?? ''));
    });
    await statistics.report('Generate that replaces', CHANGES, async () => {
      await reportLatency('Generate that replaces', CHANGES, () => client.generate('bench'));
    });
    await statistics.report('Revoke', MISSES, async () => {
      await reportLatency('Revoke', MISSES, (index) => client.revoke(`miss-${index}`));
    });

    print('\nRedis down');
    const current = await client.generate('bench');
    await redis.kill9();
    await reportLatency('Validate', MISSES, () => client.validate(current));
    await reportLatency('Generate that replaces', CHANGES, () => client.generate('bench'));
  } finally {
    load.dispose();
    await statistics.close();
    await service.stop();
    await redis.stop();
    await mongo.stop();
    directory.remove();
  }
}
