import { validate } from '../../../../testkit/cluster/key-client.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'validated-while-revoked';
const DELAY_MS = 100;

/** Between the steps of a slow Revoke others go on validating, and would cache what is about to be wrong. */
export const validatedWhileRevoked = defineFault({
  id: 'validated-while-revoked',
  fault: `a key validated again and again elsewhere while an instance revokes it by a link that is ${DELAY_MS} ms late`,
  cluster: { instances: [{ links: true }, {}, {}] },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expectRevokes, expectRevoked, passCalls }, key) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];

    await during(async () => {
      a.mongoLink.delay(DELAY_MS);
      let revoked = false;
      const validating = [b, c].map(async (instance) => {
        while (!revoked) await validate(instance, key);
      });
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      revoked = true;
      await Promise.all(validating);
      await a.mongoLink.restore();
      await passCalls();
    });

    await expectRevoked(key);
  },
});
