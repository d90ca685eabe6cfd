import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'validated-while-revoked';
const DELAY_MS = 100;
/** A sweeper may invalidate in time by chance, so once proves little. */
const ROUNDS = 4;

/** Between the steps of a slow Revoke others go on validating, and would cache what is about to be wrong. */
export const validatedWhileRevoked = defineFault({
  id: 'validated-while-revoked',
  fault: `a key validated again and again elsewhere while an instance revokes it by a link that is ${DELAY_MS} ms late`,
  cluster: { instances: [{ links: true }, {}, {}] },

  setUp({ cluster }) {
    const rounds = Array.from({ length: ROUNDS }, (_, round) => `${MERCHANT}-${round}`);
    return Promise.all(
      rounds.map(async (merchantId) => ({ merchantId, key: await makeCachedKey(cluster, merchantId) })),
    );
  },

  async run({ cluster, during, expectRevokes, expectRevoked, passCalls }, rounds) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];

    await during(async () => {
      a.mongoLink.delay(DELAY_MS);
      for (const { merchantId, key } of rounds) {
        let revoked = false;
        const validating = [b, c].map(async (instance) => {
          while (!revoked) await validate(instance, key);
        });
        await expectRevokes(a, merchantId);
        await expectRevoked(key);
        revoked = true;
        await Promise.all(validating);
      }
      await a.mongoLink.restore();
      await passCalls();
    });

    for (const { key } of rounds) await expectRevoked(key);
  },
});
