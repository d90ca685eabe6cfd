import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ServiceProcess } from '../../../testkit/service/service-process.ts';

/**
 * Sets the largest file size (`RLIMIT_FSIZE`) of the running service and of its processes, as a full disk that needs no
 * privilege: every write at or beyond it fails with EFBIG. Only the soft limit, which can be lifted again. Needs Linux
 * and util-linux.
 */
export function limitFileSize({ child }: ServiceProcess, bytes: number | 'unlimited'): void {
  // The service first: a process that it starts meanwhile has the limit from it.
  limit(child.pid, bytes);
  for (const pid of childrenOf(child.pid)) limit(pid, bytes);
}

function limit(pid: number | undefined, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
}

/** The processes that this one has started. */
export function childrenOf(pid: number | undefined): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}
