import { hashOf, holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { revoke } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'killed';
const COMMIT_MS = 20_000;

/** Its commit is at the authority, its DEL hangs in a link that is half-open, and then it is gone. */
export const instanceKilledBeforeInvalidation = defineFault({
  id: 'instance-killed-before-invalidation',
  fault: 'an instance killed (SIGKILL) between the commit of a Revoke and its invalidation',
  // The DEL would otherwise be given up after 30 ms.
  cluster: { instances: [{ links: true, environment: { REDIS_TIMEOUT_MS: '10000' } }, {}, {}], leaseMs: 3_000 },

  async setUp({ cluster, during, require }) {
    const [doomed, ...others] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];
    const key = await makeCachedKey(cluster, MERCHANT);

    await during(async () => {
      // Their sweepers must not be quicker than the end of the first one.
      for (const { pause } of others) pause();
      doomed.redisLink.halfOpen();
      const unanswered = revoke(doomed, MERCHANT);
      await waitUntil('the revocation is committed', () => cluster.authority.isRevoked(key), {
        timeoutMs: COMMIT_MS,
        intervalMs: 2,
      });
      await doomed.kill9();
      const pending = await cluster.authority.pendingOf(MERCHANT);
      require('the revocation is committed, and pending', pending.includes(hashOf(key)));
      require('the cache still calls the key valid', await holdsValidEntry(cluster.redisServer(0), key));
      require('the caller had no answer', (await unanswered).outcome === 'lost');
      for (const { resume } of others) resume();
    });
    return key;
  },

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    await during(async () => {
      await expectRevokes(cluster.instance(1), MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    expect('the cache has forgotten the key', !(await holdsValidEntry(cluster.redisServer(0), key)));
    expect('nothing is pending', (await cluster.authority.pendingOf(MERCHANT)).length === 0);
  },
});
