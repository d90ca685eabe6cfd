import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../service/service-process.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../temporary-directory.ts';

/** A change of the source that takes something away. */
export interface Patch {
  /** Of the file, from the project's folder. */
  readonly path: string;
  /** What is there, once. */
  readonly find: string;
  readonly replace: string;
}

/** A copy of the service's source that can be run, with something patched out. */
export function copySource(patch: Patch): TemporaryDirectory {
  const copy = createTemporaryDirectory();
  for (const part of ['src', 'gen', 'package.json'])
    cpSync(join(ROOT, part), join(copy.path, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy.path, 'node_modules'));
  const file = join(copy.path, patch.path);
  const parts = readFileSync(file, 'utf8').split(patch.find);
  if (parts.length !== 2) throw new Error(`${patch.path} holds this ${parts.length - 1} times: ${patch.find}`);
  writeFileSync(file, parts.join(patch.replace));
  return copy;
}
