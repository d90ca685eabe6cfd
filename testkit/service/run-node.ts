import { spawnService } from './service-process.ts';

/** How a script ended, and all that it wrote. */
export interface ScriptResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs Node in a process of its own, in the project's folder, until it ends.
 *
 * @param argv Node's arguments: the script and what it is given
 * @param environment nothing else but PATH is passed on
 */
export async function runNode(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ScriptResult> {
  const { ended, output } = await spawnService(environment, { command: [process.execPath, ...argv] });
  const exitCode = await ended;
  return { exitCode, ...output() };
}
