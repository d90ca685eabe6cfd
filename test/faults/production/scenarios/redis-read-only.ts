import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { untilBound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'read-only';
const BOUND_MS = 20_000;

/** A Redis that refuses to forget is left by all before a revocation returns, and what it kept is never read again. */
export const redisReadOnly = defineFault({
  id: 'redis-read-only',
  fault: 'Redis refuses all writes (`min-replicas-to-write` without replicas), then takes them again',

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
      expect('a valid key is accepted', (await validate(b, key)).valid);
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      require('Redis still calls the key valid', await holdsValidEntry(redis, key));
      await passCalls();
    });

    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
    require('Redis still calls the key valid at the end', await holdsValidEntry(redis, key));
    await expectRevoked(key);
  },
});
