import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'no-redis';
const ROUNDS = 3;

/** An instance that has no cache waits for those of the others all the same. */
export const revokingInstanceWithoutRedis = defineFault({
  id: 'revoking-instance-without-redis',
  fault: 'an instance without `REDIS_URL` revokes while the others have one',
  cluster: { instances: [{}, {}, { redis: 'none' }] },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expectRevokes, expectRevoked, passCalls }, key) {
    await during(async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await expectRevokes(cluster.instance(2), MERCHANT);
        await expectRevoked(key);
      }
      await passCalls();
    });
  },
});
