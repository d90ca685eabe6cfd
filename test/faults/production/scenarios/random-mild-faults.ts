import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../../testkit/cluster/cluster.ts';
import type { Instance } from '../../../../testkit/cluster/instance.ts';
import { createRandom, type Random } from '../../../../testkit/mulberry32.ts';
import { defineFault } from '../fault.ts';

const DURATION_MS = 60_000;
/** How long a fault lasts, and how long nothing happens afterwards, at the most, in milliseconds. */
const LONGEST_MS = 1_500;

interface MildFault {
  begin(cluster: Cluster, instance: Instance): void | Promise<void>;
  end(cluster: Cluster, instance: Instance): void | Promise<void>;
}

const nothing = () => undefined;

const MILD_FAULTS: readonly MildFault[] = [
  { begin: (_, { redisLink }) => redisLink.cut(), end: (_, { redisLink }) => redisLink.restore() },
  { begin: (_, { redisLink }) => redisLink.halfOpen(), end: (_, { redisLink }) => redisLink.restore() },
  { begin: (_, { redisLink }) => redisLink.delay(20), end: (_, { redisLink }) => redisLink.restore() },
  { begin: (_, { mongoLink }) => mongoLink.delay(20), end: (_, { mongoLink }) => mongoLink.restore() },
  { begin: (_, { mongoLink }) => mongoLink.halfOpen(), end: (_, { mongoLink }) => mongoLink.restore() },
  { begin: (_, instance) => instance.pause(), end: (_, instance) => instance.resume() },
  { begin: (_, instance) => instance.restart(), end: nothing },
  { begin: (cluster) => cluster.redisServer(0).pause(), end: (cluster) => cluster.redisServer(0).resume() },
  { begin: (cluster) => cluster.redisServer(0).restart({ empty: true }), end: nothing },
  { begin: (cluster) => flush(cluster), end: nothing },
];

/** A minute in the life of three instances. */
export const randomMildFaults = defineFault({
  id: 'random-mild-faults',
  fault: `${DURATION_MS / 1_000} seconds of random calls with short random faults of links, instances and Redis`,
  cluster: { instances: [{ links: true }, { links: true }, { links: true }] },
  load: { merchants: 6, validators: 8 },

  setUp: async () => undefined,

  async run({ cluster, seed, during, expect }) {
    const random = createRandom(seed);
    await during(async () => {
      const endMs = performance.now() + DURATION_MS;
      let faults = 0;
      while (performance.now() < endMs) {
        await injectOne(cluster, random);
        faults++;
      }
      expect('faults were injected', faults > 0, `${faults}`);
    });
  },
});

async function injectOne(cluster: Cluster, random: Random): Promise<void> {
  const fault = random.pick(MILD_FAULTS);
  const instance = cluster.instance(random.below(cluster.instances.length));
  await fault?.begin(cluster, instance);
  await delay(random.below(LONGEST_MS));
  await fault?.end(cluster, instance);
  await delay(random.below(LONGEST_MS));
}

async function flush(cluster: Cluster): Promise<void> {
  await cluster.redisServer(0).command('FLUSHALL');
}
