import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '../support/temporary-directory.ts';

/** A change of one file of the source. */
export interface Patch {
  /** Below the project's folder. */
  readonly file: string;
  /** What has to be there, once. */
  readonly before: string;
  readonly after: string;
}

/** A copy of the service's source. */
export interface SourceCopy {
  /** The folder that holds `src/main.ts`. */
  readonly root: string;
  remove(): void;
}

const ROOT = join(import.meta.dirname, '../..');

/**
 * Copies what the service runs from, and patches it.
 *
 * @throws Error when the text is not there exactly once: the patch would change nothing, or something else
 */
export function copyPatchedSource({ file, before, after }: Patch): SourceCopy {
  const directory = createTemporaryDirectory();
  for (const name of ['src', 'gen', 'package.json']) {
    cpSync(join(ROOT, name), join(directory.path, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory.path, 'node_modules'));
  const path = join(directory.path, file);
  const parts = readFileSync(path, 'utf8').split(before);
  if (parts.length !== 2) throw new Error(`${file} has the text to be patched ${parts.length - 1} times`);
  writeFileSync(path, parts.join(after));
  return { root: directory.path, remove: () => directory.remove() };
}
