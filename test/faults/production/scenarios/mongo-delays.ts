import { validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'delays';
const DELAY_MS = 150;

/** Hits do not notice; everything else takes as many delays as it has round trips. */
export const mongoDelays = defineFault({
  id: 'mongo-delays',
  fault: `MongoDB begins every command ${DELAY_MS} ms late`,
  ownMongo: true,
  // A busy machine must not make the instance ask MongoDB where Redis would have answered.
  cluster: { leaseMs: 4_000, environment: { REDIS_TIMEOUT_MS: '2000' } },

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      await cluster.mongo.failPoint({
        mode: 'alwaysOn',
        data: { failCommands: ['find', 'update', 'findAndModify'], blockConnection: true, blockTimeMS: DELAY_MS },
      });
      const hitsBefore = await b.redisHits();
      expect('a cached key is accepted', (await validate(b, key)).valid);
      expect('Redis answers hot validations', (await b.redisHits()) > hitsBefore);
      const { durationMs } = await expectRevokes(a, MERCHANT);
      expect('Revoke waits for MongoDB', durationMs > 2 * DELAY_MS, `${Math.round(durationMs)} ms`);
      await expectRevoked(key);
      await passCalls();
      await cluster.mongo.clearFailPoints();
    });

    await expectRevoked(key);
  },
});
