import { generate, makeKey, revoke, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'mongo-killed';
const WAIT_MS = 20_000;

/** What was acknowledged was in the journal. Meanwhile hits go on until the leases end, and nothing is guessed. */
export const mongoKilled = defineFault({
  id: 'mongo-killed',
  fault: 'MongoDB killed (SIGKILL) and restarted',
  ownMongo: true,
  // A busy machine must not end the lease, or make the instance ask MongoDB, before the first validation.
  cluster: { leaseMs: 4_000, environment: { REDIS_TIMEOUT_MS: '2000' } },

  async setUp({ cluster }) {
    const hot = await makeCachedKey(cluster, `${MERCHANT}-hot`);
    const revoked = await makeCachedKey(cluster, MERCHANT);
    const last = await makeKey(cluster.instance(0), `${MERCHANT}-last`);
    return { hot, revoked, last };
  },

  async run({ cluster, during, expect, expectRevokes, expectNotAccepted, expectRevoked, passCalls }, prepared) {
    const { hot, revoked, last } = prepared;
    const { mongo } = cluster;
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    await expectRevokes(a, MERCHANT);

    await during(async () => {
      await mongo.kill9();
      expect('a hot validation goes on under the lease', (await validate(b, hot)).valid);
      await expectNotAccepted(revoked, [a, b]);
      const change = await generate(a, MERCHANT);
      expect('Generate is an error', change.key === undefined, change.outcome);
      const again = await revoke(b, MERCHANT);
      expect('Revoke is an error', again.outcome !== 'ok' && again.outcome !== 'not_found', again.outcome);
      await passCalls(100);
      await mongo.restart();
    });

    const answersAgain = async () =>
      (await Promise.all([a, b].map((one) => validate(one, last)))).every((v) => v.valid);
    await waitUntil('the last key made before is accepted', answersAgain, { timeoutMs: WAIT_MS });
    await expectRevokes(b, `${MERCHANT}-hot`);
    await expectRevoked(hot);
    await expectRevoked(revoked);
  },
});
