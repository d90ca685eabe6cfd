import { expect } from 'chai';
import { copySource } from '../../../testkit/history/source-copy.ts';
import { untilItProves } from '../production/attempts.ts';
import { acceptedDeadKey } from '../production/fault-result.ts';
import { NEGATIVE_CONTROLS } from './controls.ts';

/**
 * The fault tests can fail: each step of the protocol is taken away in a copy of the source, and the fault that needs
 * it must end with a dead key accepted.
 */
describe('Without one step of the protocol', () => {
  for (const { name, patch, scenario } of NEGATIVE_CONTROLS) {
    it(`a dead key is accepted: ${name}`, async function () {
      this.timeout(120_000);
      const copy = copySource(patch);

      const result = await untilItProves(() => scenario({ sourceRoot: copy.path })).finally(() => copy.remove());

      expect(acceptedDeadKey(result), `seen by ${result.id} in ${result.history.operations} operations`).to.equal(true);
    });
  }
});
