import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { logLines } from '../../testkit/service/log-lines.ts';
import { ROOT, type ServiceProcess, startServiceProcess } from '../../testkit/service/service-process.ts';
import { TEST_SETTINGS } from '../../testkit/service/tokens.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const STOPPED_MS = 10_000;
const LONG_RUNNING = [
  'start',
  'demo:production',
  'soak',
  'fuzz',
  'bench',
  'test:together',
  'test:alone',
  'faults',
  'faults:table',
];

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('npm start', () => {
  let directory: TemporaryDirectory;
  let npm: ServiceProcess;
  let servicePid: number;

  beforeEach(async () => {
    directory = createTemporaryDirectory();
    npm = await startServiceProcess({ ...TEST_SETTINGS, DATA_DIR: directory.path }, { command: ['npm', 'start'] });
    servicePid = Number(logLines(npm).find(({ msg }) => msg === 'listening')?.['pid']);
  });

  afterEach(async () => {
    await npm.process.kill9();
    if (isRunning(servicePid)) process.kill(servicePid, 'SIGKILL');
    directory.remove();
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drains and ends with exit code 0 when npm alone gets ${signal}`, async () => {
      expect(isRunning(servicePid)).to.equal(true);
      expect(servicePid).not.to.equal(npm.child.pid);

      npm.child.kill(signal);

      await waitUntil('the service has ended', () => !isRunning(servicePid), { timeoutMs: STOPPED_MS });
      expect(await npm.ended).to.equal(0);
      expect(logLines(npm).at(-1)).to.include({ msg: 'stopped' });
    });
  }
});

describe('Every npm script that runs for long', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };

  for (const name of LONG_RUNNING) {
    it(`gets the signals that npm gets: ${name} takes the place of npm’s shell, which passes none on`, () => {
      expect(scripts[name]).to.match(/^exec [^&|;]+$/);
    });
  }
});
