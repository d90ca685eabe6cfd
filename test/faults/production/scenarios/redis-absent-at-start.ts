import { untilBound } from '../../../../testkit/cluster/instance.ts';
import { makeKey, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'absent';
const BOUND_MS = 20_000;

/** The service starts without its cache, and picks it up once it is there. */
export const redisAbsentAtStart = defineFault({
  id: 'redis-absent-at-start',
  fault: 'Redis absent when the instances start, and there later',
  cluster: {
    beforeInstances: async ([redis]) => redis?.kill9(),
    // A busy machine must not make the instance ask MongoDB where Redis would have answered.
    environment: { REDIS_TIMEOUT_MS: '2000' },
  },

  async setUp({ cluster, require }) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    require('no instance uses Redis', !(await a.isBound()) && !(await b.isBound()));
    return makeKey(a, MERCHANT);
  },

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, first) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      expect('a valid key is accepted', (await validate(b, first)).valid);
      await expectRevokes(a, MERCHANT);
      await expectRevoked(first);
      await passCalls();
      await cluster.redisServer(0).restart();
      await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
    });

    const second = await makeCachedKey(cluster, MERCHANT);
    const hitsBefore = await b.redisHits();
    expect('a cached key is accepted', (await validate(b, second)).valid);
    expect('Redis answers hot validations', (await b.redisHits()) > hitsBefore);
    await expectRevokes(a, MERCHANT);
    await expectRevoked(second);
  },
});
