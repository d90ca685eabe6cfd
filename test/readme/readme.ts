import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testkit/service/service-process.ts';

/** The part of the README between two of its comments. */
export function readmeSection(begin: string, end: string): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const section = new RegExp(`<!-- ${begin}: [^>]*-->\n([\\s\\S]*?)<!-- ${end} -->`).exec(readme)?.[1];
  if (section === undefined) throw new Error(`the README has no section between ${begin} and ${end}`);
  return section;
}
