import { expect } from 'chai';
import { describeFinding, explore, isStaleAccept } from '../../testkit/microscope/explore.ts';
import { MUTANTS } from '../../testkit/microscope/mutants/mutants.ts';
import { CHOSEN } from './chosen-schedules.ts';

const TIMEOUT_MS = 120_000;
const SCHEDULES = 1_000;

describe('The microscope finds a stale accept', function () {
  this.timeout(TIMEOUT_MS);

  for (const { number, name, mutation, configuration } of MUTANTS) {
    it(`${number}: ${name}`, async () => {
      const { seed, path, schedules = SCHEDULES } = CHOSEN;

      const { finding } = await explore({
        configuration,
        mutation,
        seed,
        path,
        schedules,
        isFinding: ({ violations }) => violations.some(isStaleAccept),
      });

      if (finding === undefined) expect.fail(`none in ${schedules} schedules`);
      expect(describeFinding(finding)).to.match(/valid, m\d/);
    });
  }
});
