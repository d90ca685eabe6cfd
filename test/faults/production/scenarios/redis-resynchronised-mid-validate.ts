import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'resynchronised';
const WAIT_MS = 20_000;

/** A read that was asked for under the lease is answered after it, by a Redis that has got an older copy meanwhile. */
export const redisResynchronisedMidValidate = defineFault({
  id: 'redis-resynchronised-mid-validate',
  fault:
    'Redis demoted, refilled from an older copy and promoted again, for longer than a lease, while a Validate waits',
  cluster: {
    redis: [{}, { followsFirst: true }],
    // The read would otherwise be given up after 30 ms.
    instances: [{ links: true, environment: { REDIS_TIMEOUT_MS: '10000' } }, {}, {}],
  },
  load: { instances: [1, 2] },

  async setUp({ cluster, require }) {
    const copy = cluster.redisServer(1);
    const key = await makeCachedKey(cluster, MERCHANT);
    await waitUntil('the replica has the verdict', () => holdsValidEntry(copy, key), { timeoutMs: WAIT_MS });
    await copy.command('REPLICAOF', 'NO', 'ONE');
    require('instance a uses Redis', await cluster.instance(0).isBound());
    return key;
  },

  async run({ cluster, during, require, expectRevokes, expectNotAccepted, expectRevoked, passCalls }, key) {
    const [redis, copy] = [cluster.redisServer(0), cluster.redisServer(1)];
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    const [cache = ''] = await cluster.authority.caches();

    await during(async () => {
      await expectRevokes(b, MERCHANT);
      a.redisLink.halfOpen();
      const waiting = expectNotAccepted(key, [a]);

      await redis.command('REPLICAOF', copy.host, copy.port);
      await waitUntil('Redis is refilled', () => holdsValidEntry(redis, key), { timeoutMs: WAIT_MS });
      // Longer than a lease, as the protocol assumes (docs/protocol.md): no other instance uses its former self any more.
      const isGone = async () => !(await cluster.authority.caches()).includes(cache);
      await waitUntil('all leases of its former self are gone', isGone, { timeoutMs: WAIT_MS });
      await redis.command('REPLICAOF', 'NO', 'ONE');
      require('Redis calls the key valid', await holdsValidEntry(redis, key));
      await a.redisLink.restore();

      await waiting;
      await expectRevoked(key);
      await passCalls();
    });

    await expectRevoked(key);
  },
});
