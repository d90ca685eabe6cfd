import { hashOf } from '../../../../testkit/cluster/authority-view.ts';
import { revoke } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'terminated';
const COMMIT_MS = 3_000;

/** SIGTERM doesn't wait for a cache that may take long to acknowledge: the caller is told, and repeats elsewhere. */
export const instanceTerminatedWhileRevoking = defineFault({
  id: 'instance-terminated-while-revoking',
  fault: 'SIGTERM to an instance in which a Revoke waits',
  cluster: { redis: [{}, {}], instances: [{}, { redis: 1 }, {}], leaseMs: 4_000 },
  load: { instances: [1, 2] },

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];
    const key = await makeCachedKey(cluster, MERCHANT, { by: b, redis: 1 });

    await during(async () => {
      b.pause();
      const waiting = revoke(a, MERCHANT);
      await waitUntil('the Revoke waits', async () => (await a.waitingConfirmations()) === 1, { timeoutMs: COMMIT_MS });
      require('the revocation is pending', (await cluster.authority.pendingOf(MERCHANT)).includes(hashOf(key)));

      await a.terminate();
      const { outcome, durationMs } = await waiting;
      expect('the Revoke that waited is answered', outcome === 'revocation_unconfirmed', outcome);
      expect('it is answered at once', durationMs < cluster.leaseMs / 2, `${Math.round(durationMs)} ms`);
      b.resume();
      await expectRevokes(c, MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    expect('nothing is pending', (await cluster.authority.pendingOf(MERCHANT)).length === 0);
  },
});
