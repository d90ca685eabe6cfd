import { entryKeysOf } from '../../../../testkit/cluster/authority-view.ts';
import { makeKey, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'fill-races-revoke';
const WAIT_MS = 5_000;
/** Reads of all instances together after which the held one has certainly been carried out. */
const READS = 10;
const ATTEMPTS = 6;

/** What an instance read before a revocation reaches Redis after it: it must not be taken for a verdict. */
export const fillRacesRevoke = defineFault({
  id: 'fill-races-revoke',
  fault: 'replies of MongoDB to one instance held back while another one revokes the key that it is about to cache',
  cluster: { instances: [{ links: true, environment: { MONGODB_TIMEOUT_MS: '10000' } }, {}, {}], leaseMs: 8_000 },
  load: { instances: [1, 2] },

  async run({ cluster, during, require, expectRevokes, expectRevoked, passCalls }) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    const redis = cluster.redisServer(0);
    const readsOfMongo = async () => Number((await cluster.mongo.command({ serverStatus: 1 }))['opcounters'].query);

    /** Resolves to whether the Validate in flight was answered from before the revocation. */
    async function race(): Promise<boolean> {
      const key = await makeKey(b, MERCHANT);
      a.mongoLink.holdReplies();
      const inFlight = validate(a, key);
      await waitUntil('its token is placed', async () => (await entryKeysOf(redis, key)).length === 1, {
        timeoutMs: WAIT_MS,
        intervalMs: 5,
      });
      const readsBefore = await readsOfMongo();
      await waitUntil('its read is carried out', async () => (await readsOfMongo()) >= readsBefore + READS, {
        timeoutMs: WAIT_MS,
      });
      await expectRevokes(b, MERCHANT);
      await a.mongoLink.restore();
      const { valid } = await inFlight;
      await expectRevoked(key);
      return valid;
    }

    await during(async () => {
      // A read that has to wait for a new connection, whose handshake is held back too, comes too late to race.
      const outcomes: boolean[] = [];
      for (let attempt = 0; attempt < ATTEMPTS && !outcomes.includes(true); attempt++) outcomes.push(await race());
      require('a Validate was answered from before the revocation', outcomes.includes(true));
      await passCalls();
    });
  },
});
