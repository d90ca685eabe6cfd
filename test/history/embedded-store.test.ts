import { expect } from 'chai';
import { checkHistory } from '../../testkit/history/checker.ts';
import { startInstances } from '../../testkit/history/instances.ts';
import { copySource, type Patch } from '../../testkit/history/source-copy.ts';
import { tally } from '../../testkit/history/summary.ts';
import { describeViolation, operationsUntilFirst } from '../../testkit/history/violation.ts';
import { runWorkload } from '../../testkit/history/workload.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';

const REMEMBERS_ACTIVE_KEYS: Patch = {
  path: 'src/store/lmdb/lmdb-store.ts',
  find: 'const record = this.#readKey(hash);',
  replace: `const cache = ((globalThis as { cache?: Map<string, KeyRecord> }).cache ??= new Map());
    const record = cache.get(hash) ?? this.#readKey(hash);
    if (typeof record === 'string') cache.set(hash, record);`,
};

describe('two instances on one embedded store', function () {
  this.timeout(60_000);

  it('answer every call as if it happened at one instant', async () => {
    const history = await historyOf(5_000);

    const { violations, undecidedMerchants } = checkHistory(history, { guarantee: 'linearizable' });
    expect(violations.map(describeViolation)).to.deep.equal([]);
    expect(undecidedMerchants).to.deep.equal([]);
    expect(tally(history)).to.include.keys('generate ok', 'revoke ok', 'validate valid', 'validate REVOKED');
  });

  it('are caught accepting a revoked key when the store remembers which keys were active', async () => {
    const history = await historyOf(2_000, REMEMBERS_ACTIVE_KEYS);

    const { violations } = checkHistory(history);
    const staleAccepts = violations.filter(({ rule }) => rule === 'noAcceptAfterChange');
    expect(operationsUntilFirst(history, staleAccepts)).to.be.below(history.length);
  });
});

async function historyOf(durationMs: number, patch?: Patch) {
  const directory = createTemporaryDirectory();
  const copy = patch && copySource(patch);
  const environment = { DATA_DIR: directory.path, LOG_LEVEL: 'info' };
  const sourceRoot = copy && { sourceRoot: copy.path };
  const instances = await startInstances({ count: 2, environment, ...sourceRoot });
  try {
    return await runWorkload({ ...instances, seed: 1, durationMs });
  } finally {
    await instances.stop();
    directory.remove();
    copy?.remove();
  }
}
