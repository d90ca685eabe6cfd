import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';
import { runNode, type ScriptResult } from '../../testkit/service/run-node.ts';
import { startService } from '../../testkit/service/service-in-process.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';

const DEVELOPER_MODE = { JWT_HS256_SECRET: '', JWT_ISSUER: '', JWT_AUDIENCE: '' };

describe('The token command and the data directory', () => {
  let directory: TemporaryDirectory;
  let dataDir: string;

  beforeEach(() => {
    directory = createTemporaryDirectory();
    dataDir = join(directory.path, 'data');
  });

  afterEach(() => directory.remove());

  function run(options: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<ScriptResult> {
    return runNode(['src/token-command.ts', ...options], { DATA_DIR: dataDir, ...environment });
  }

  function expectUsage({ exitCode, stdout, stderr }: ScriptResult, message: RegExp): void {
    expect(stderr).to.match(message);
    expect(stderr).to.include('\nusage: npm run');
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
  }

  it('make tokens that a service takes for the merchants they name, whether it started before or after', async () => {
    const earlier = await run(['--merchant', 'm1', '--merchant', 'm2']);
    const service = await startService({ ...DEVELOPER_MODE, DATA_DIR: dataDir });
    const later = await run(['--merchant', '*']);

    const ask = ({ stdout }: ScriptResult, merchant: string) => {
      const headers = { authorization: `Bearer ${stdout.trimEnd()}` };
      return sendHttp1(service.httpUrl, { method: 'GET', path: `/key/info/${merchant}`, headers });
    };
    const replies = await Promise.all([ask(earlier, 'm1'), ask(earlier, 'm2'), ask(earlier, 'm3'), ask(later, 'm3')]);
    await service.stop();

    expect(replies.map(({ status }) => status)).to.deep.equal([404, 404, 403, 404]);
  });

  it('make one key, for its owner alone, when several run at once', async () => {
    const results = await Promise.all([1, 2, 3].map(() => run(['--merchant', 'm1'])));

    expect(results.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0, 0]);
    expect(readdirSync(dataDir)).to.deep.equal(['developer-key.pem']);
    expect(statSync(join(dataDir, 'developer-key.pem')).mode & 0o777).to.equal(0o600);
  });

  it('refuse a merchant that no key can belong to: its token would be good for nothing', async () => {
    const wrong = ['', 'm 1', 'm1,m2', '**'];

    const results = await Promise.all(wrong.map((merchant) => run(['--merchant', 'm1', `--merchant=${merchant}`])));

    for (const result of results) expectUsage(result, /^--merchant: /);
    expect(existsSync(dataDir)).to.equal(false);
  });

  it('say in the words of the service when the directory cannot be used', async () => {
    const file = join(directory.path, 'file');
    writeFileSync(file, 'not a directory');

    const result = await run(['--merchant', 'm1'], { DATA_DIR: file });

    expectUsage(result, /^DATA_DIR: cannot be used: /);
  });
});
