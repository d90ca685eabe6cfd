import { expect } from 'chai';
import { SETTINGS, settingRows } from '../../src/config/settings.ts';
import { runNode } from '../../testkit/service/run-node.ts';

describe('--help', () => {
  it('prints every variable with its default and its meaning, and ends with exit code 0', async () => {
    const { exitCode, stdout, stderr } = await runNode(['src/main.ts', '--help']);

    const printed = [...stdout.matchAll(/^ {2}([A-Z0-9_]+)\n {6}(.+)\n {6}default: (.+)$/gm)].map((row) =>
      row.slice(1),
    );
    const expected = settingRows().map(({ name, meaning, shownDefault }) =>
      [name, meaning, shownDefault].map((text) => text.replaceAll('`', '')),
    );
    expect(printed).to.deep.equal(expected);
    expect(printed).to.have.length(Object.keys(SETTINGS).length);
    expect(stderr).to.equal('');
    expect(exitCode).to.equal(0);
  });

  it('is printed also when the configuration is wrong, and shows nothing of it', async () => {
    const environment = { HTTP_PORT: 'ec40', JWT_HS256_SECRET: 'ec40', TLS_KEY_FILE: 'ec40' };

    const { exitCode, stdout } = await runNode(['src/main.ts', '--help'], environment);

    expect(exitCode).to.equal(0);
    expect(stdout).to.include('JWT_HS256_SECRET').and.not.to.include('ec40');
  });
});
