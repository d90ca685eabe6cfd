import { generate, revoke } from '../../../../testkit/cluster/recorded-calls.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'write-concern';
/** WriteConcernTimeout: the write is applied, and a majority has not said that it has it. */
const WRITE_CONCERN_TIMEOUT = {
  code: 64,
  codeName: 'WriteConcernTimeout',
  errmsg: 'waiting for replication timed out',
};

/** Applied, but maybe not for good: no caller gets an acknowledgement, and repeating confirms. */
export const mongoWriteConcernErrors = defineFault({
  id: 'mongo-write-concern-errors',
  fault: 'MongoDB answers changes with write concern errors',
  ownMongo: true,

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, require, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      await cluster.mongo.failPoint({
        mode: 'alwaysOn',
        data: { failCommands: ['findAndModify'], writeConcernError: WRITE_CONCERN_TIMEOUT },
      });
      const revoked = await revoke(a, MERCHANT);
      expect('Revoke does not claim success', revoked.outcome === 'outcome_unknown', revoked.outcome);
      require('the revocation was applied', await cluster.authority.isRevoked(key));
      const generated = await generate(a, MERCHANT);
      expect('Generate does not claim success', generated.outcome === 'outcome_unknown', generated.outcome);
      expect('Generate hands out no key', generated.key === undefined);
      await passCalls();
      await cluster.mongo.clearFailPoints();
      await expectRevokes(b, MERCHANT);
      await expectRevoked(key);
    });
  },
});
