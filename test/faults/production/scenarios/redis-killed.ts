import { untilBound, untilUnbound } from '../../../../testkit/cluster/instance.ts';
import { makeKey, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-killed';
const BOUND_MS = 20_000;

/** Without Redis, MongoDB is asked, and no call waits for a cache that is gone. */
export const redisKilled = defineFault({
  id: 'redis-killed',
  fault: 'Redis killed (SIGKILL), later started again',

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      await redis.kill9();
      expect('a valid key is accepted at once', (await validate(b, key)).valid);
      await Promise.all(cluster.instances.map((instance) => untilUnbound(instance, BOUND_MS)));
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      const second = await makeKey(a, MERCHANT);
      expect('a new key is accepted', (await validate(b, second)).valid);
      await passCalls();
    });

    await redis.restart();
    await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
    await expectRevoked(key);
  },
});
