import { entryKeysOf } from '../../../../testkit/cluster/authority-view.ts';
import type { Cluster } from '../../../../testkit/cluster/cluster.ts';
import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'paused';
const WAIT_MS = 20_000;
/** Clocks and timers are not exact to the millisecond. */
const TOLERANCE_MS = 20;

/** It wakes up with a verdict of its own Redis in hand, and its lease has run out meanwhile. */
export const instancePausedMidValidate = defineFault({
  id: 'instance-paused-mid-validate',
  fault: 'an instance paused (SIGSTOP) for longer than its lease, and resumed in the middle of a Validate',
  cluster: {
    redis: [{}, {}],
    // No other instance reaches its Redis; and its read would otherwise be given up after 30 ms.
    instances: [{}, { redis: 1, links: true, environment: { REDIS_TIMEOUT_MS: '10000' } }, {}],
    // A busy machine must not end the lease before the Validate has been sent.
    leaseMs: 3_000,
  },
  // So that no other instance's reads are counted.
  load: { instances: [0, 2] },

  async setUp({ cluster }) {
    const b = cluster.instance(1);
    const key = await makeCachedKey(cluster, MERCHANT, { by: b, redis: 1 });
    const readsBefore = await countReads(cluster);
    b.redisLink.holdReplies();
    const inFlight = validate(b, key);
    await waitUntil('its Redis has answered', async () => (await countReads(cluster)) > readsBefore, {
      timeoutMs: WAIT_MS,
      intervalMs: 5,
    });
    b.pause();
    const pausedAtMs = performance.now();
    await b.redisLink.restore();
    return { key, inFlight, pausedAtMs };
  },

  async run(
    { cluster, during, require, expect, expectRevokes, expectNotAccepted, expectRevoked, passCalls },
    prepared,
  ) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    const { key, inFlight, pausedAtMs } = prepared;

    await during(async () => {
      await expectRevokes(a, MERCHANT);
      const waitedMs = performance.now() - pausedAtMs;
      // Its last renewal may be older than the pause by a third of the lease.
      const waited = waitedMs >= (cluster.leaseMs * 2) / 3 - TOLERANCE_MS;
      expect('Revoke waits until the lease has run out', waited, `${Math.round(waitedMs)} ms`);
      require('its Redis still has the entry', (await entryKeysOf(cluster.redisServer(1), key)).length === 1);
      const late = expectNotAccepted(key, [b]);
      b.resume();

      const { valid, reason, outcome } = await inFlight;
      expect('the Validate in flight is not answered from before the pause', !valid, reason ?? outcome);
      await late;
      await expectRevoked(key);
      await passCalls();
    });
  },
});

/** How many entries have been read from the Redis of the instance that is paused. */
async function countReads(cluster: Cluster): Promise<number> {
  const statistics = String(await cluster.redisServer(1).command('INFO', 'commandstats'));
  return Number(/^cmdstat_getex:calls=(\d+)/m.exec(statistics)?.[1] ?? 0);
}
