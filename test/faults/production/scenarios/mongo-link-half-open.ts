import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'mongo-link-half-open';
const WAIT_MS = 20_000;
/** Clocks and timers are not exact to the millisecond. */
const TOLERANCE_MS = 20;

/** An instance that hears nothing of its authority may accept what its Redis holds until its lease ends, and no longer. */
export const mongoLinkHalfOpen = defineFault({
  id: 'mongo-link-half-open',
  fault: 'the link between one instance, which has a Redis of its own, and MongoDB half-open',
  cluster: {
    redis: [{}, {}],
    instances: [{ links: true }, { redis: 1 }, { redis: 1 }],
    // A busy machine must not end the lease, or make the instance ask MongoDB, before the first validation.
    leaseMs: 4_000,
    environment: { REDIS_TIMEOUT_MS: '2000' },
  },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectNotAccepted, expectRevoked, passCalls }, key) {
    const [a, b, c] = [cluster.instance(0), cluster.instance(1), cluster.instance(2)];

    await during(async () => {
      a.mongoLink.halfOpen();
      expect('a hot validation goes on under the lease', (await validate(a, key)).valid);
      const { durationMs } = await expectRevokes(b, MERCHANT);
      // Its last renewal may be older than the fault by a third of the lease.
      const waited = durationMs >= cluster.leaseMs / 2 - TOLERANCE_MS;
      expect('Revoke waits until the lease has run out', waited, `${Math.round(durationMs)} ms`);
      await expectNotAccepted(key, [a]);
      await expectRevoked(key, [b, c]);
      await passCalls();
    });

    await a.mongoLink.restore();
    const answersAgain = async () => (await validate(a, key)).reason === 'REASON_REVOKED';
    await waitUntil('the instance answers again', answersAgain, { timeoutMs: WAIT_MS });
    await expectRevoked(key);
  },
});
