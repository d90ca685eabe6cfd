import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { OwnedProcess } from '../../testkit/servers/owned-process.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const execute = promisify(execFile);

const MODULE = join(import.meta.dirname, '../../testkit/servers/owned-process.ts');

/** A process that starts another one, prints its id, and then does what `rest` says. */
const starting = (rest: string) => `
  const { OwnedProcess } = await import(${JSON.stringify(MODULE)});
  const child = await OwnedProcess.start('sleep', ['60']);
  process.stdout.write(child.pid + '\\n');
  ${rest}`;

/** Waits until it is gone, or has ended and its exit code was not read yet. */
function expectEnd(pid: number): Promise<unknown> {
  const isGone = async () => {
    const state = await execute('ps', ['-o', 'stat=', '-p', `${pid}`]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
    expect(state).to.match(/^(Z.*)?$/);
  };
  return waitUntil(`the end of ${pid}`, isGone, { timeoutMs: 5_000 });
}

describe('A process that a test owns', () => {
  it('ends when the process that started it is killed', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', starting('setInterval(() => {}, 1000);')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(printed.toString());

    process.kill(pid, 0);
    parent.kill('SIGKILL');

    await expectEnd(pid);
  });

  it('ends with the process that forgot to stop it, and does not keep it', async () => {
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', starting('')], {
      timeout: 10_000,
    });

    await expectEnd(Number(stdout));
  });

  it('stops also when it is paused, and does not mind to be stopped twice', async () => {
    const owned = await OwnedProcess.start('sleep', ['60']);

    owned.pause();
    await owned.stop();
    await owned.stop();
    await owned.kill9();

    expect(owned.isRunning).to.equal(false);
  });

  it('reports what a program wrote that ended', async () => {
    const owned = await OwnedProcess.start('sh', ['-c', 'echo broken >&2; exit 3']);

    await waitUntil('its end', () => expect(owned.isRunning).to.equal(false), { timeoutMs: 5_000 });
    await waitUntil('its output', () => expect(owned.output).to.equal('broken\n'), { timeoutMs: 5_000 });

    expect(() => owned.assertRunning()).to.throw('broken');
  });

  it('cannot be a program that does not exist', async () => {
    const error = await OwnedProcess.start('/does/not/exist', []).catch((reason: unknown) => reason);

    expect(String(error)).to.contain('ENOENT');
  });
});
