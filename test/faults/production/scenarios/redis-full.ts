import { entryKeysOf, holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { makeKey, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-full';

/** A Redis that takes nothing more still forgets: validations ask MongoDB, revocations go on. */
export const redisFull = defineFault({
  id: 'redis-full',
  fault: 'Redis full (`maxmemory`, `noeviction`)',

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await redis.command('CONFIG', 'SET', 'maxmemory', '1');
      const fresh = await makeKey(a, `${MERCHANT}-fresh`);
      expect('a new key is accepted', (await validate(b, fresh)).valid);
      require('Redis takes nothing more', (await entryKeysOf(redis, fresh)).length === 0);
      require('Redis still calls the cached key valid', await holdsValidEntry(redis, key));
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await expectRevoked(key);
  },
});
