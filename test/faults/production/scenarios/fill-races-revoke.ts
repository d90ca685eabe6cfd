import { entryKeysOf } from '../../../../testkit/cluster/authority-view.ts';
import { makeKey, validate } from '../../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../../testkit/wait-until.ts';
import { defineFault } from '../fault.ts';

const MERCHANT = 'fill-races-revoke';
const WAIT_MS = 20_000;
/** Reads of all instances together after which the held one has certainly been carried out. */
const READS = 10;
const RACES = 6;
/** Reads at once that leave as many connections open. */
const CONNECTIONS = 5;

/** What an instance read before a revocation reaches Redis after it: it must not be taken for a verdict. */
export const fillRacesRevoke = defineFault({
  id: 'fill-races-revoke',
  fault: 'replies of MongoDB to one instance held back while another one revokes the key that it is about to cache',
  cluster: { instances: [{ links: true, environment: { MONGODB_TIMEOUT_MS: '10000' } }, {}, {}], leaseMs: 8_000 },
  load: { instances: [1, 2] },

  /** A read that had to wait for a new connection, whose handshake is held back too, would come too late to race. */
  async setUp({ cluster }) {
    const [a, b] = [cluster.instance(0), cluster.instance(1)];
    const merchants = Array.from({ length: CONNECTIONS }, (_, index) => `${MERCHANT}-${index}`);
    const keys = await Promise.all(merchants.map((merchant) => makeKey(b, merchant)));
    await Promise.all(keys.map((key) => validate(a, key)));
  },

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
      let isWon = false;
      for (let races = 0; races < RACES && !isWon; races++) isWon = await race();
      require('a Validate was answered from before the revocation', isWon);
      await passCalls();
    });
  },
});
