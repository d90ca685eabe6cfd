import { generate, makeKey, revoke, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { makeCachedKey } from '../cached-key.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'drops';
const WAIT_MS = 20_000;
const COMMANDS = ['find', 'update', 'findAndModify'];

/** One lost connection is made good by a repetition; many are an error that says what a repetition does. */
export const mongoDropsConnections = defineFault({
  id: 'mongo-drops-connections',
  fault: 'MongoDB closes connections, once and then for every command',
  ownMongo: true,

  setUp: ({ cluster }) => makeCachedKey(cluster, MERCHANT),

  async run({ cluster, during, expect, expectRevokes, expectRevoked, passCalls }, key) {
    const { mongo } = cluster;
    const [a, b] = [cluster.instance(0), cluster.instance(1)];

    await during(async () => {
      const once = { failCommands: ['findAndModify'], closeConnection: true };
      await mongo.failPoint({ mode: { times: 1 }, data: once });
      const replaced = await makeKey(a, MERCHANT);
      await expectRevoked(key);
      await mongo.failPoint({ mode: { times: 1 }, data: once });
      await expectRevokes(b, MERCHANT);
      await expectRevoked(replaced);

      await mongo.failPoint({ mode: 'alwaysOn', data: { failCommands: COMMANDS, closeConnection: true } });
      const change = await generate(a, MERCHANT);
      expect('a Generate that may not be stored hands out no key', change.key === undefined, change.outcome);
      const revoked = await revoke(b, MERCHANT);
      expect('a Revoke that may not be stored is an error', revoked.outcome === 'outcome_unknown', revoked.outcome);
      const verdict = await validate(a, key);
      expect('what cannot be read is no verdict', !verdict.valid, verdict.outcome);
      await passCalls();
      await mongo.clearFailPoints();
    });

    await waitUntil('a Revoke succeeds again', async () => (await revoke(a, MERCHANT)).outcome === 'ok', {
      timeoutMs: WAIT_MS,
    });
    await expectRevoked(key);
  },
});
