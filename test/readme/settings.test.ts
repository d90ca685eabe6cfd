import { expect } from 'chai';
import { settingRows } from '../../src/config/settings.ts';
import { readmeSection } from './readme.ts';

describe('The README’s table of settings', () => {
  it('is the one of the code', () => {
    const rows = settingRows().map(
      ({ name, shownDefault, meaning }) => `| \`${name}\` | ${shownDefault} | ${meaning} |`,
    );
    const table = ['', '| name | default | meaning |', '|---|---|---|', ...rows, '', ''].join('\n');

    expect(readmeSection('settings', 'end of the settings')).to.equal(table);
  });
});
