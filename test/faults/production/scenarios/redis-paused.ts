import { untilBound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-paused';
const BOUND_MS = 20_000;

/** A Redis that accepts and stays silent delays no call for long. */
export const redisPaused = defineFault({
  id: 'redis-paused',
  fault: 'Redis paused (SIGSTOP) and resumed',

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      redis.pause();
      expect('MongoDB is asked, and a valid key accepted', (await validate(b, key)).valid);
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      await passCalls();
      redis.resume();
      await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
      await expectRevoked(key);
    });
  },
});
