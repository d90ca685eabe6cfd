import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'failed-over';
const WAIT_MS = 20_000;

/** Two primaries for a while: one instance goes on with the old one, the others with the new one and its old copy. */
export const redisFailedOver = defineFault({
  id: 'redis-failed-over',
  fault: 'Redis failed over to a replica (`REPLICAOF NO ONE`) while the old primary stays up for some instances',
  cluster: {
    // A busy machine must not make the instance leave the old primary by itself.
    environment: { REDIS_TIMEOUT_MS: '2000' },
    redis: [{}, { followsFirst: true }],
    instances: [{}, { redirected: true }, { redirected: true }],
  },

  async setUp({ cluster }) {
    const key = await makeCachedKey(cluster, MERCHANT);
    await waitUntil('the replica has the verdict', () => holdsValidEntry(cluster.redisServer(1), key), {
      timeoutMs: WAIT_MS,
    });
    return key;
  },

  async run({ cluster, during, require, expectRevokes, expectRevoked, passCalls }, key) {
    const [oldPrimary, newPrimary] = [cluster.redisServer(0), cluster.redisServer(1)];
    const [b, c] = [cluster.instance(1), cluster.instance(2)];

    await during(async () => {
      await newPrimary.command('REPLICAOF', 'NO', 'ONE');
      for (const { redisAddress } of [b, c]) redisAddress.leadTo(newPrimary.port);
      const bothInUse = async () => (await cluster.authority.caches()).length === 2;
      await waitUntil('both primaries are in use', bothInUse, { timeoutMs: WAIT_MS });
      await waitUntil('both instances use the new primary', async () => (await b.isBound()) && c.isBound(), {
        timeoutMs: WAIT_MS,
      });

      require('the old primary calls the key valid', await holdsValidEntry(oldPrimary, key));
      await expectRevokes(b, MERCHANT);
      require('the new primary calls the key valid', await holdsValidEntry(newPrimary, key));
      await expectRevoked(key);
      await passCalls();
    });

    await expectRevoked(key);
  },
});
