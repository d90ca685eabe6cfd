import { untilBound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-link-delayed';
const BOUND_MS = 20_000;
const DELAY_MS = 100;
const PROBES = 8;

/** A slow Redis is worse than none: it is left alone. */
export const redisLinkDelayed = defineFault({
  id: 'redis-link-delayed',
  fault: `the link between one instance and Redis late by ${DELAY_MS} ms in each direction`,
  cluster: { instances: [{ links: true }, {}, {}] },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const a = cluster.instance(0);

    await during(async () => {
      a.redisLink.delay(DELAY_MS);
      for (let probe = 0; probe < PROBES; probe++) {
        expect('a valid key is accepted', (await validate(a, key)).valid);
      }
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key);
      await passCalls();
    });

    await a.redisLink.restore();
    await untilBound(a, BOUND_MS);
    await expectRevoked(key);
  },
});
