import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'mongo-link-cut';
const WAIT_MS = 20_000;

/** Without its authority an instance goes on until its lease ends, and then says that it cannot know. */
export const mongoLinkCut = defineFault({
  id: 'mongo-link-cut',
  fault: 'the link between one instance, which has a Redis of its own, and MongoDB cut',
  cluster: {
    redis: [{}, {}],
    instances: [{ links: true }, { redis: 1 }, { redis: 1 }],
    // A busy machine must not end the lease, or make the instance ask MongoDB, before the first validation.
    leaseMs: 4_000,
    environment: { REDIS_TIMEOUT_MS: '2000' },
  },

  async setUp({ cluster }) {
    const key = await makeCachedKey(cluster, MERCHANT);
    const other = await makeCachedKey(cluster, `${MERCHANT}-other`);
    return { key, other };
  },

  async run({ cluster, during, expect, expectRevokes, expectNotAccepted, expectRevoked, passCalls }, { key, other }) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];
    await during(async () => {
      await a.mongoLink.cut();
      expect('a hot validation goes on under the lease', (await validate(a, other)).valid);
      await expectRevokes(b, MERCHANT);
      await expectNotAccepted(key, [a]);
      await expectRevoked(key, [b, c]);
      const { outcome } = await validate(a, other);
      expect('without lease and authority it is an error, not a verdict', outcome === 'unavailable', outcome);
      await passCalls();
    });

    await a.mongoLink.restore();
    await waitUntil('the instance answers again', async () => (await validate(a, other)).valid, { timeoutMs: WAIT_MS });
    await expectRevoked(key);
  },
});
