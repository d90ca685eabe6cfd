// Generates the code afresh beside the committed one and compares: gen/ must be what buf makes of proto/ today.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const fresh = mkdtempSync(join(tmpdir(), 'iterapay-keys-gen-'));
try {
  const generate = spawnSync('buf', ['generate', '--output', fresh], { stdio: 'inherit' });
  if (generate.status !== 0) process.exit(1);
  const names = [...new Set([...filesBelow('gen'), ...filesBelow(join(fresh, 'gen'))])];
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  const stale = names.filter((name) => read(join('gen', name)) !== read(join(fresh, 'gen', name)));
  if (stale.length > 0) {
    process.stderr.write(`Generated code is not current: ${stale.join(', ')}. Run: npm run generate\n`);
    process.exit(1);
  }
  process.stdout.write(`Generated code is current (${names.length} files).\n`);
} finally {
  rmSync(fresh, { recursive: true });
}
