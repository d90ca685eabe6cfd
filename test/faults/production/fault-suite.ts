import { expect } from 'chai';
import { type MongoServer, startMongoServer } from '../../../testkit/servers/mongo-server.ts';
import { untilItProves } from './attempts.ts';
import type { FaultScenario } from './fault.ts';
import { brokenPromises, type FaultResult } from './fault-result.ts';
import { storeFaultResult } from './fault-result-file.ts';
import { createTurns } from './turns.ts';

/** Scenarios that run at once: they mostly wait. */
const CONCURRENCY = 3;
const TIMEOUT_MS = 120_000;

/** One test for each scenario. They share a MongoDB, and several run at once. */
export function describeFaults(title: string, scenarios: readonly FaultScenario[]): void {
  describe(title, function () {
    this.timeout(TIMEOUT_MS);
    let mongo: MongoServer;
    let results: readonly Promise<FaultResult>[] = [];

    before(async () => {
      mongo = await startMongoServer();
      const inTurn = createTurns(CONCURRENCY);
      results = scenarios.map((scenario) => inTurn(() => untilItProves(() => scenario({ mongo }))));
      // Each is awaited by its own test, which may come after the rejection.
      for (const result of results) result.catch(() => undefined);
    });

    scenarios.forEach(({ fault }, index) => {
      it(`stays strict and loses nothing: ${fault}`, async () => {
        const result = await results[index];
        if (result === undefined) throw new Error('the scenario was not started');

        storeFaultResult(result);

        expect(brokenPromises(result)).to.deep.equal([]);
      });
    });

    after(async () => {
      await Promise.allSettled(results);
      await mongo.kill9();
      await mongo.stop();
    });
  });
}
