import { makeKey, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'mongo-link-delayed';
const DELAY_MS = 60;

/** Slow is not wrong: every call takes its round trips, and hits take none. */
export const mongoLinkDelayed = defineFault({
  id: 'mongo-link-delayed',
  fault: `the link between one instance and MongoDB late by ${DELAY_MS} ms in each direction`,
  cluster: {
    instances: [{ links: true }, {}, {}],
    // A busy machine must not make the instance ask MongoDB where Redis would have answered.
    leaseMs: 4_000,
    environment: { REDIS_TIMEOUT_MS: '2000' },
  },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      a.mongoLink.delay(DELAY_MS);
      const hitsBefore = await a.redisHits();
      expect('a cached key is accepted', (await validate(a, key)).valid);
      expect('Redis answers hot validations', (await a.redisHits()) > hitsBefore);
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      const second = await makeKey(a, MERCHANT);
      expect('a new key is accepted elsewhere', (await validate(b, second)).valid);
      await expectRevokes(b, MERCHANT);
      await expectRevoked(second);
      await passCalls();
    });

    await a.mongoLink.restore();
    await expectRevoked(key);
  },
});
