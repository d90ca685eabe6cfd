import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../testkit/service/service-process.ts';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'model/README.md', ...filesIn('docs')];
const FOLDERS = ['src', 'gen', 'proto', 'model', 'testkit', 'test', 'bench', 'scripts', 'docs', '.ci'];

/** A file or folder in backticks: it has a slash, or the ending of a source file. */
const NAMED = /`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|pml|proto|sh)|(?:[\w.-]+\/)+[\w.-]*)`/g;
/** The target of a link to another page or file of the project. */
const LINKED = /\]\((?!https?:|#)([^)#]+)/g;
/** What commands make: it is not there before. */
const MADE = new Set(['./data', '.cache/', 'out/']);

/** The paths of everything in a folder, itself included; folders end in a slash. */
function pathsIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name) + (entry.isDirectory() ? '/' : ''));
  return [`/${folder}/`, ...paths.map((path) => path.slice(ROOT.length))];
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`);
}

describe('The files and folders that the documentation names', () => {
  const paths = FOLDERS.flatMap(pathsIn);

  for (const page of PAGES) {
    it(`are there: ${page}`, () => {
      const text = readFileSync(join(ROOT, page), 'utf8');
      const named = [...text.matchAll(NAMED)].map(([, path = '']) => path).filter((path) => !MADE.has(path));
      const linked = [...text.matchAll(LINKED)].map(([, path = '']) => path);

      // A short name, such as that of a file in a room that the text is about, is enough.
      const missing = named.filter(
        (name) => !paths.some((path) => path.endsWith(`/${name}`) || path.endsWith(`/${name}/`)),
      );
      const broken = linked.filter((path) => !existsSync(join(ROOT, dirname(page), path)));

      expect({ missing, broken }).to.deep.equal({ missing: [], broken: [] });
    });
  }
});
