import { expect } from 'chai';
import { type MongoServer, startMongoServer } from '../../../testkit/servers/mongo-server.ts';
import type { FaultScenario } from './fault.ts';
import { brokenPromises } from './fault-result.ts';
import { storeFaultResult } from './fault-result-files.ts';

/** Three set-ups of a scenario, and the longest scenario. */
const TIMEOUT_MS = 300_000;

/** One test for each scenario, which begins when its turn comes. They share a MongoDB where they leave it alone. */
export function describeFaults(title: string, scenarios: readonly FaultScenario[]): void {
  describe(title, function () {
    this.timeout(TIMEOUT_MS);
    let mongo: MongoServer;

    before(async () => {
      mongo = await startMongoServer();
    });

    after(async () => {
      await mongo.kill9();
      await mongo.stop();
    });

    for (const scenario of scenarios) {
      it(`stays strict and loses nothing: ${scenario.fault}`, async function () {
        const result = await scenario({ mongo });

        const { failedSetUps } = result;
        if (failedSetUps.length > 0)
          this.runnable().title += ` (set up ${failedSetUps.length + 1} times: ${failedSetUps.join('; ')})`;
        storeFaultResult(result);
        expect(brokenPromises(result)).to.deep.equal([]);
      });
    }
  });
}
