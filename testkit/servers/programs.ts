import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The path of a program of the `PATH`; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and resolves to its standard output.
 *
 * @throws Error when it fails or runs longer than `timeoutMs` milliseconds; the message has what it wrote
 */
export async function run(
  program: string,
  programArguments: readonly string[],
  timeoutMs: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await execute(program, programArguments, {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...environment },
  });
  return stdout;
}
