import { execFile } from 'node:child_process';
import { join } from 'node:path';

const BUF = join(import.meta.dirname, '../../node_modules/.bin/buf');

/** A run of a program that may fail. */
export interface Run {
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `buf curl`, which learns the schema by reflection.
 *
 * @param directory its working directory, home and cache: nothing of the machine's is found there
 */
export function bufCurl(directory: string, ...options: string[]): Promise<Run> {
  const args = ['curl', '--http2-prior-knowledge', ...options];
  const env = { ...process.env, BUF_CACHE_DIR: directory, HOME: directory };
  return new Promise((resolve) => {
    execFile(BUF, args, { cwd: directory, env }, (error, stdout, stderr) => {
      resolve({ exitCode: error?.code ?? 0, stdout, stderr });
    });
  });
}
