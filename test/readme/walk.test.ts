import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ROOT, type ServiceProcess, startServiceProcess } from '../../testkit/service/service-process.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { readmeSection } from './readme.ts';

const execute = promisify(execFile);

interface Step {
  readonly commands: string;
  /** The JSON values that the README shows. */
  readonly shown: string;
}

function walk(): Step[] {
  const blocks = readmeSection('walk', 'end of the walk').matchAll(
    /```sh\n([\s\S]*?)```\s+(?:[^`]*?)```json\n([\s\S]*?)```/g,
  );
  return [...blocks].map(([, commands = '', shown = '']) => ({ commands, shown }));
}

/** JSON values in a text, with what differs from run to run made alike. */
function comparable(text: string): unknown[] {
  const alike = text
    .replace(/ipa_live_[0-9A-Za-z]{49}|ipa_live_[0-9A-Za-z]{3}…/g, '<key>')
    .replace(/ipa_live_[0-9A-Za-z]{3}(?=")/g, '<prefix>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>');
  return (alike.match(/\{[^{}]*\}/g) ?? []).map((json) => JSON.parse(json) as unknown);
}

describe('The README’s walk', () => {
  const directory = createTemporaryDirectory();
  let service: ServiceProcess;

  before(async () => {
    service = await startServiceProcess({ DATA_DIR: `${directory.path}/data` });
  });

  after(async () => {
    await service.end('SIGTERM');
    directory.remove();
  });

  it('prints what it shows, step by step', async () => {
    const steps = walk();
    const separator = '=== next step';
    const script = steps
      .map(({ commands }) => commands)
      .join(`\necho '${separator}'\n`)
      .replaceAll('http://127.0.0.1:8080', service.httpUrl)
      .replaceAll('http://127.0.0.1:9090', service.grpcUrl);

    const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: ROOT,
      env: { ...process.env, DATA_DIR: `${directory.path}/data` },
    });

    expect(steps).to.have.length(5);
    const printed = stdout.split(separator).map(comparable);
    expect(printed).to.deep.equal(steps.map(({ shown }) => comparable(shown)));
  });

  it('writes a plaintext key into no file', () => {
    for (const { commands } of walk()) expect(commands).not.to.match(/>|\btee\b|--output|(^|\s)-o\b/);
  });
});
