import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { untilBound } from '../../../../testkit/cluster/instance.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'snapshot';
const BOUND_MS = 20_000;

/** Redis comes back with a verdict from before the revocation: no instance may believe it. */
export const redisRestartedFromSnapshot = defineFault({
  id: 'redis-restarted-from-snapshot',
  fault: 'Redis killed and restarted from a snapshot that holds stale verdicts',

  async setUp({ cluster }) {
    const key = await makeCachedKey(cluster, MERCHANT);
    await cluster.redisServer(0).command('SAVE');
    return key;
  },

  async run({ cluster, during, require, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);

    await during(async () => {
      await expectRevokes(cluster.instance(0), MERCHANT);
      require('the cache has forgotten the key', !(await holdsValidEntry(redis, key)));
      await redis.kill9();
      await redis.restart();
      require('the restarted Redis calls the key valid', await holdsValidEntry(redis, key));
      await expectRevoked(key);
      await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
      await expectRevoked(key);
      await passCalls();
    });

    require('Redis still calls the key valid at the end', await holdsValidEntry(redis, key));
    await expectRevoked(key);
  },
});
