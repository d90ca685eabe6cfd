import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { untilBound, untilUnbound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { sendRedisCommand } from '../../../../testkit/servers/redis-command.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'password';
const [OLD_PASSWORD, NEW_PASSWORD] = ['the-first-password', 'another-password'];
const BOUND_MS = 20_000;

/** A password that is no longer right is the same as no Redis, until it is right again. */
export const redisPasswordRefused = defineFault({
  id: 'redis-password-refused',
  fault: 'Redis refuses the password, then takes it again',
  cluster: { redis: [{ password: OLD_PASSWORD }] },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const redis = cluster.redisServer(0);
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    const newUrl = redis.url.replace(OLD_PASSWORD, NEW_PASSWORD);

    await during(async () => {
      await redis.command('CONFIG', 'SET', 'requirepass', NEW_PASSWORD);
      await sendRedisCommand(newUrl, ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
      await Promise.all(cluster.instances.map((instance) => untilUnbound(instance, BOUND_MS)));
      expect('a valid key is accepted', (await validate(b, key)).valid);
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    await sendRedisCommand(newUrl, ['CONFIG', 'SET', 'requirepass', OLD_PASSWORD]);
    await Promise.all(cluster.instances.map((instance) => untilBound(instance, BOUND_MS)));
    require('Redis still calls the key valid', await holdsValidEntry(redis, key));
    await expectRevoked(key);
  },
});
