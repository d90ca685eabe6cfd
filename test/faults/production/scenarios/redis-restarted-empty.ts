import { entryKeysOf } from '../../../../testkit/cluster/authority-view.ts';
import { untilBound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-empty';
const BOUND_MS = 20_000;

/** A Redis that has lost everything is another cache: it costs misses. */
export const redisRestartedEmpty = defineFault({
  id: 'redis-restarted-empty',
  fault: 'Redis killed and restarted empty',

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);
    const b = cluster.instance(1);
    const cachesBefore = await cluster.authority.caches();

    await during(async () => {
      await redis.kill9();
      await redis.restart({ empty: true });
      await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
      require('the restarted Redis does not know the key', (await entryKeysOf(redis, key)).length === 0);
      expect('a valid key is accepted', (await validate(b, key)).valid);
      const caches = await cluster.authority.caches();
      expect('it is another cache', !caches.some((cache) => cachesBefore.includes(cache)), caches.join());
      await expectRevokes(cluster.instance(0), MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });
  },
});
