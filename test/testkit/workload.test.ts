import { expect } from 'chai';
import { checkHistory } from '../../testkit/history/checker.ts';
import { startInstances } from '../../testkit/history/instances.ts';
import { tally } from '../../testkit/history/summary.ts';
import { describeViolation } from '../../testkit/history/violation.ts';
import { startWorkload } from '../../testkit/history/workload.ts';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const WAIT_MS = 15_000;

describe('The workload', function () {
  this.timeout(60_000);

  it('goes on while an instance is gone, and uses it again when it is back', async () => {
    const directory = createTemporaryDirectory();
    const environment = { DATA_DIR: directory.path };
    const steady = await startInstances({ count: 1, environment });
    const port = `${await findFreePort()}`;
    const returning = { count: 1, environment: { ...environment, GRPC_PORT: port } };
    let current = await startInstances(returning);
    const endpoints = [...steady.endpoints, { name: 'returning', address: `127.0.0.1:${port}` }];
    const workload = startWorkload({ endpoints, token: steady.token, seed: 2, changeDeadlineMs: 5_000 });

    const callsOfReturning = (outcome: string, fromMs = 0) =>
      workload
        .history()
        .some((call) => call.instance === 'returning' && call.outcome === outcome && call.startMs >= fromMs);

    await waitUntil('both are called', () => callsOfReturning('ok'), { timeoutMs: WAIT_MS });
    await current.stop();
    await waitUntil('calls of the one that is gone are lost', () => callsOfReturning('lost'), { timeoutMs: WAIT_MS });
    current = await startInstances(returning);
    const backMs = performance.now();
    await waitUntil('the one that is back is called', () => callsOfReturning('ok', backMs), { timeoutMs: WAIT_MS });
    const history = await workload.stop();
    await Promise.all([current.stop(), steady.stop()]);
    directory.remove();

    expect(checkHistory(history, { guarantee: 'linearizable' }).violations.map(describeViolation)).to.deep.equal([]);
    expect(tally(history)).to.include.keys('validate valid', 'validate lost');
  });
});
