import { entryKeysOf } from '../authority-view.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';
import { untilBound } from '../instance.ts';
import { validate } from '../key-client.ts';

const MERCHANT = 'redis-empty';
const BOUND_MS = 5_000;

/** A Redis that has lost everything is another holder: it costs misses. */
export const redisRestartedEmpty = defineFault({
  id: 'redis-restarted-empty',
  fault: 'Redis killed and restarted empty',

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }) {
    const redis = cluster.redisServer(0);
    const b = cluster.instance(1);
    const key = await makeCachedKey(cluster, MERCHANT);
    const holdersBefore = await cluster.authority.holders();

    await during(async () => {
      await redis.kill9();
      await redis.restart({ empty: true });
      await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
      require('the restarted Redis does not know the key', (await entryKeysOf(redis, key)).length === 0);
      expect('a valid key is accepted', (await validate(b, key)).valid);
      const holders = await cluster.authority.holders();
      expect('it is another holder', !holders.some((holder) => holdersBefore.includes(holder)), holders.join());
      await expectRevokes(cluster.instance(0), MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });
  },
});
