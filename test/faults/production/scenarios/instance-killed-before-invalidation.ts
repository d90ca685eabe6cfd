import { hashOf, holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { revoke } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'killed';
const COMMIT_MS = 5_000;

/** Its commit is at the authority, its DEL hangs in a link that is half-open, and then it is gone. */
export const instanceKilledBeforeInvalidation = defineFault({
  id: 'instance-killed-before-invalidation',
  fault: 'an instance killed (SIGKILL) between the commit of a Revoke and its invalidation',
  // The DEL would otherwise be given up after 30 ms.
  cluster: { instances: [{ links: true, environment: { REDIS_TIMEOUT_MS: '10000' } }, {}, {}], leaseMs: 1_500 },

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }) {
    const [doomed, ...others] = cluster.instances;
    const [redis, other] = [cluster.redisServer(0), cluster.instance(1)];
    const key = await makeCachedKey(cluster, MERCHANT);

    await during(async () => {
      // Their sweepers must not be quicker than the end of the first one.
      for (const { pause } of others) pause();
      doomed?.redisLink.halfOpen();
      const unanswered = revoke(cluster.instance(0), MERCHANT);
      await waitUntil('the revocation is committed', () => cluster.authority.isRevoked(key), {
        timeoutMs: COMMIT_MS,
        intervalMs: 2,
      });
      await doomed?.kill9();
      const pending = await cluster.authority.pendingOf(MERCHANT);
      require('the revocation is committed, and pending', pending.includes(hashOf(key)));
      require('the cache still calls the key valid', await holdsValidEntry(redis, key));
      for (const { resume } of others) resume();
      require('the caller had no answer', (await unanswered).outcome === 'lost');

      await expectRevokes(other, MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    expect('the cache has forgotten the key', !(await holdsValidEntry(redis, key)));
    expect('nothing is pending', (await cluster.authority.pendingOf(MERCHANT)).length === 0);
  },
});
