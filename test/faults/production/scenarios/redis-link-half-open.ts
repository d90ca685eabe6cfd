import { untilBound, untilUnbound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-link-half-open';
const BOUND_MS = 20_000;

/** Nothing comes back and nothing is closed: the instance notices by its time limits alone. */
export const redisLinkHalfOpen = defineFault({
  id: 'redis-link-half-open',
  fault: 'the link between one instance and Redis half-open (nothing goes through, nothing is closed)',
  cluster: { instances: [{ links: true }, {}, {}] },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      a.redisLink.halfOpen();
      expect('MongoDB is asked, and a valid key accepted', (await validate(a, key)).valid);
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key, [b]);
      await expectRevoked(key);
      await untilUnbound(a, BOUND_MS);
      await passCalls();
    });

    await a.redisLink.restore();
    await untilBound(a, BOUND_MS);
    await expectRevoked(key);
  },
});
