import { expect } from 'chai';
import type { AppParts } from '../../../src/app.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { checkHistory } from '../../../testkit/history/checker.ts';
import type { History } from '../../../testkit/history/history.ts';
import { startInstances } from '../../../testkit/history/instances.ts';
import { createRememberingStore } from '../../../testkit/history/remembering-store.ts';
import { tally } from '../../../testkit/history/summary.ts';
import { describeViolation } from '../../../testkit/history/violation.ts';
import { runWorkload } from '../../../testkit/history/workload.ts';
import { startService, type TestService } from '../../../testkit/service/service-in-process.ts';
import { signToken } from '../../../testkit/service/tokens.ts';
import { createTemporaryDirectory } from '../../../testkit/temporary-directory.ts';

describe('two instances on one embedded store', function () {
  this.timeout(60_000);

  it('answer every call as if it happened at one instant', async () => {
    const history = await historyOfProcesses(5_000);

    const { violations, undecidedMerchants } = checkHistory(history, { guarantee: 'linearizable' });
    expect(violations.map(describeViolation)).to.deep.equal([]);
    expect(undecidedMerchants).to.deep.equal([]);
    expect(tally(history)).to.include.keys('generate ok', 'revoke ok', 'validate valid', 'validate REVOKED');
  });

  it('are caught accepting a revoked key when the store remembers which keys were active', async () => {
    const history = await historyOfRememberingInstances(2_000);

    const { violations } = checkHistory(history);
    expect(violations.map(({ rule }) => rule)).to.include('noAcceptAfterChange');
  });
});

async function historyOfProcesses(durationMs: number): Promise<History> {
  const directory = createTemporaryDirectory();
  const environment = { DATA_DIR: directory.path, LOG_LEVEL: 'info' };
  const instances = await startInstances({ count: 2, environment });
  try {
    return await runWorkload({ ...instances, seed: 1, durationMs });
  } finally {
    await instances.stop();
    directory.remove();
  }
}

async function historyOfRememberingInstances(durationMs: number): Promise<History> {
  const directory = createTemporaryDirectory();
  const instances: TestService[] = [];
  try {
    for (let count = 0; count < 2; count++)
      instances.push(await startService({ DATA_DIR: directory.path }, REMEMBERING));
    const endpoints = instances.map(({ grpcAddress }, index) => ({ name: `${index}`, address: grpcAddress }));
    return await runWorkload({ endpoints, token: await signToken(), seed: 1, durationMs });
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
    directory.remove();
  }
}

const REMEMBERING: AppParts = {
  async openStore(...options) {
    const opened = await openStore(...options);
    return { ...opened, store: createRememberingStore(opened.store) };
  },
};
