import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { OwnedProcess } from '../../testkit/servers/owned-process.ts';
import { ROOT } from '../../testkit/service/service-process.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const execute = promisify(execFile);

const LINES = /another terminal:\n([\s\S]*)\nCtrl-C/;

describe('npm run demo:production', () => {
  it('shows a key made on one instance, validated on the other, revoked, and refused at once', async function () {
    this.timeout(60_000);
    const demo = await OwnedProcess.start('npm', ['run', 'demo:production'], { cwd: ROOT });
    try {
      const lines = await waitUntil(
        'the demo shows its lines',
        () => {
          demo.assertRunning();
          return LINES.exec(demo.output)?.[1] ?? expect.fail(demo.output);
        },
        { timeoutMs: 40_000 },
      );

      const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', lines], { timeout: 15_000 });

      const statuses = stdout.match(/(?<=^| )\d{3}$/gm);
      expect(statuses, stdout).to.deep.equal(['200', '200', '204', '401']);
      expect(stdout).to.contain('REASON_REVOKED');
    } finally {
      await demo.stop();
    }
    expect(demo.output).to.contain('Stopping …');
  });
});
