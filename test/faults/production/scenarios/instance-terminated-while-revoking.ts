import { hashOf } from '../../../../testkit/cluster/authority-view.ts';
import { revoke } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'terminated';
const COMMIT_MS = 20_000;

/** SIGTERM doesn't wait for a cache that may take long to acknowledge: its caller gets an error and repeats. */
export const instanceTerminatedWhileRevoking = defineFault({
  id: 'instance-terminated-while-revoking',
  fault: 'SIGTERM to an instance in which a Revoke waits',
  cluster: { redis: [{}, {}], instances: [{}, { redis: 1 }, {}], leaseMs: 8_000 },
  load: { instances: [1, 2] },

  async setUp({ cluster, require }) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    const key = await makeCachedKey(cluster, MERCHANT, { by: b, redis: 1 });
    b.pause();
    const waiting = revoke(a, MERCHANT);
    await waitUntil('the Revoke waits', async () => (await a.waitingConfirmations()) === 1, { timeoutMs: COMMIT_MS });
    require('the revocation is pending', (await cluster.authority.pendingOf(MERCHANT)).includes(hashOf(key)));
    return { key, waiting };
  },

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, { key, waiting }) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];

    await during(async () => {
      await a.terminate();
      // Had it gone on until the lease ran out, it would have succeeded.
      const { outcome } = await waiting;
      expect('the Revoke that waited is answered at once', outcome === 'revocation_unconfirmed', outcome);
      b.resume();
      await expectRevokes(c, MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    expect('nothing is pending', (await cluster.authority.pendingOf(MERCHANT)).length === 0);
  },
});
