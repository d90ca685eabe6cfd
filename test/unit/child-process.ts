import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/**
 * Runs Node with the arguments at the root of the project, with nothing of this process's environment.
 *
 * @throws Error when the exit code is not 0
 */
export function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, args, { cwd: ROOT, env: environment });
}
