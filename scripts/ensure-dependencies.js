// Runs before every npm script, on whatever Node the machine has, so that a fresh clone needs no set-up step:
// installs the locked dependencies where they are missing or older than the lock file.
import { spawnSync } from 'node:child_process';
import { statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockFile = join(root, 'package-lock.json');
/** npm writes this file last, so an install that was cut short does not count. */
const installedMarker = join(root, 'node_modules', '.package-lock.json');

function modifiedAtMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (modifiedAtMs(installedMarker) < modifiedAtMs(lockFile)) {
  process.stderr.write('Installing the locked dependencies (npm ci) …\n');
  const npmCi = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // Standard output belongs to the script that follows: `npm run token` is used in command substitutions.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npmCi.status !== 0) {
    process.stderr.write('npm ci failed: the lines above say why. It needs the npm registry once.\n');
    process.exit(1);
  }
  utimesSync(installedMarker, new Date(), new Date());
}
