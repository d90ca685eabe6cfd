import { expect } from 'chai';
import { type App, startApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { checkHistory } from '../../../testkit/history/checker.ts';
import type { History } from '../../../testkit/history/history.ts';
import { startInstances } from '../../../testkit/history/instances.ts';
import { createRememberingStore } from '../../../testkit/history/remembering-store.ts';
import { tally } from '../../../testkit/history/summary.ts';
import { describeViolation } from '../../../testkit/history/violation.ts';
import { runWorkload } from '../../../testkit/history/workload.ts';
import { createTemporaryDirectory } from '../../../testkit/temporary-directory.ts';
import { JWT_ENVIRONMENT, signToken } from '../../../testkit/tokens.ts';

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
  const apps: App[] = [];
  try {
    for (let count = 0; count < 2; count++) apps.push(await startRememberingApp(directory.path));
    const endpoints = apps.map(({ ports }, index) => ({ name: `${index}`, address: `127.0.0.1:${ports.grpc}` }));
    return await runWorkload({ endpoints, token: await signToken(), seed: 1, durationMs });
  } finally {
    await Promise.all(apps.map((app) => app.stop()));
    for (const { log } of apps) log.close();
    directory.remove();
  }
}

function startRememberingApp(dataDir: string): Promise<App> {
  const config = readConfig({
    ...JWT_ENVIRONMENT,
    VALIDATE_AUTH: 'none',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'silent',
  });
  return startApp(config, {
    async openStore(...options) {
      const opened = await openStore(...options);
      return { ...opened, store: createRememberingStore(opened.store) };
    },
  });
}
