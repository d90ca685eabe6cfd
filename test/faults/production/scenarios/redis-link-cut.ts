import { holdsValidEntry } from '../../../../testkit/cluster/authority-view.ts';
import { untilBound, untilUnbound } from '../../../../testkit/cluster/instance.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'redis-link-cut';
const BOUND_MS = 20_000;

/** It revokes although it cannot reach the cache, by waiting for those who can. */
export const redisLinkCut = defineFault({
  id: 'redis-link-cut',
  fault: 'the link between one instance and Redis cut',
  cluster: { instances: [{ links: true }, {}, {}] },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      await a.redisLink.cut();
      await untilUnbound(a, BOUND_MS);
      expect('a valid key is accepted', (await validate(a, key)).valid);
      require('Redis calls the key valid', await holdsValidEntry(cluster.redisServer(0), key));
      await expectRevokes(a, MERCHANT);
      await expectRevoked(key, [b]);
      await expectRevoked(key);
      await passCalls();
    });

    await a.redisLink.restore();
    await untilBound(a, BOUND_MS);
    await expectRevoked(key);
  },
});
