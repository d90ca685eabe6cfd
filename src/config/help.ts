import { settingRows } from './settings.ts';

/** What `--help` prints: every variable, its default and its meaning. */
export function helpText(): string {
  const rows = settingRows().map(({ name, shownDefault, meaning }) => {
    const plain = (text: string) => text.replaceAll('`', '');
    return `  ${name}\n      ${plain(meaning)}\n      default: ${plain(shownDefault)}`;
  });
  return `iterapay-keys: the API-key service. It is configured by environment variables:\n\n${rows.join('\n')}\n`;
}
