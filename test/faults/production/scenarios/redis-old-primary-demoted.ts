import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import type { Cluster } from '../../../../testkit/cluster/cluster.ts';
import { untilBound, untilUnbound } from '../../../../testkit/cluster/instance.ts';
import { revoke } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'demoted';
const WAIT_MS = 20_000;
/** Validations while the demoted primary is believed to be one. */
const PROBES = 10;

/** What the demoted process takes over from the new primary is older than the revocation: it must not be read. */
export const redisOldPrimaryDemoted = defineFault({
  id: 'redis-old-primary-demoted',
  fault: 'the old primary demoted (`REPLICAOF`) under a connected instance and refilled from the older copy',
  cluster: {
    // A busy machine must not make the instance leave the old primary by itself.
    environment: { REDIS_TIMEOUT_MS: '2000' },
    redis: [{}, { followsFirst: true }],
    instances: [{ redirected: true }, { redirected: true }, { redirected: true }],
    // Long enough for the refill to be over before the next renewal shows the instance which process answers.
    leaseMs: 12_000,
  },
  load: { instances: [1, 2] },

  async setUp({ cluster, during, require }) {
    const [oldPrimary, newPrimary] = [cluster.redisServer(0), cluster.redisServer(1)];
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];
    const key = await makeCachedKey(cluster, MERCHANT);
    const [generation = ''] = await cluster.authority.generations();
    await waitUntil('the replica has the verdict', () => holdsValidEntry(newPrimary, key), { timeoutMs: WAIT_MS });

    await during(async () => {
      await newPrimary.command('REPLICAOF', 'NO', 'ONE');
      for (const { redisAddress } of [b, c]) redisAddress.leadTo(newPrimary.port);
      const bothInUse = async () => (await cluster.authority.caches()).length === 2;
      await waitUntil('both primaries are in use', bothInUse, { timeoutMs: WAIT_MS });
      const { outcome } = await revoke(a, MERCHANT);
      require('the key is revoked', outcome === 'ok');
      require('the old primary has forgotten the key', !(await holdsValidEntry(oldPrimary, key)));

      // A DEL that the demoted process refuses would make instance a leave it: nothing is left for it to remove.
      for (const other of [b, c]) other.pause();
      const allRemoved = async () => (await cluster.authority.unacknowledgedIn(generation)) === 0;
      await waitUntil('nothing is left to be removed from the old primary', allRemoved, { timeoutMs: WAIT_MS });
      await untilRenewed(cluster, generation);
      await oldPrimary.command('REPLICAOF', newPrimary.host, newPrimary.port);
      await waitUntil('the old primary is refilled', () => holdsValidEntry(oldPrimary, key), {
        timeoutMs: WAIT_MS,
        intervalMs: 5,
      });
      require('instance a still uses the old primary', await a.isBound());
    });
    return key;
  },

  async run({ cluster, during, expectRevoked, passCalls }, key) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];

    await during(async () => {
      for (let probe = 0; probe < PROBES; probe++) await expectRevoked(key, [a]);
      for (const other of [b, c]) other.resume();
      await expectRevoked(key);
      await passCalls();
      await untilUnbound(a, WAIT_MS);
      a.redisAddress.leadTo(cluster.redisServer(1).port);
      await untilBound(a, WAIT_MS);
    });

    await expectRevoked(key);
  },
});

/** Waits for the next renewal in the generation: from then on no instance asks who answers for a third of a lease. */
async function untilRenewed({ authority }: Cluster, generation: string): Promise<void> {
  const renewals = await authority.renewalsIn(generation);
  const isRenewed = async () => (await authority.renewalsIn(generation)) > renewals;
  await waitUntil('instance a renews its lease', isRenewed, { timeoutMs: WAIT_MS });
}
