import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDeveloperKey } from '../src/auth/developer-key.ts';
import { createValidateLoad, type ValidateLoad } from './load.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** Rounds are short and alternate, so that a noisy moment of the machine meets every server alike. */
const ROUNDS = 7;
const CALLS_PER_ROUND = 40_000;
const WARM_UP_CALLS = 60_000;

/** What Validate may cost, as a multiple of the empty call. */
const AIM = 1.25;

interface Subject {
  readonly name: string;
  readonly server: ServerProcess;
  readonly load: ValidateLoad;
}

const dataDir = mkdtempSync(join(tmpdir(), 'iterapay-keys-bench-'));
const noop = await startServerProcess('bench/noop-server.ts');
const service = await startServerProcess('src/main.ts', {
  DATA_DIR: dataDir,
  HTTP_PORT: '0',
  GRPC_PORT: '0',
  ADMIN_PORT: '0',
  LOG_LEVEL: 'info',
});
const guarded = await startServerProcess('src/main.ts', {
  DATA_DIR: dataDir,
  HTTP_PORT: '0',
  GRPC_PORT: '0',
  ADMIN_PORT: '0',
  VALIDATE_AUTH: 'jwt',
});
const token = await openDeveloperKey(dataDir).issue({ merchant_id: '*', scope: 'keys.validate' }, 3600);
const apiKey = await generateKey(service, token);
const load = await createValidateLoad(apiKey);
const guardedLoad = await createValidateLoad(apiKey, token);

try {
  const subjects: Subject[] = [
    { name: 'no-op grpc-js server', server: noop, load },
    { name: 'Validate, embedded store', server: service, load },
    { name: 'Validate, embedded store, service token', server: guarded, load: guardedLoad },
  ];
  await report(subjects);
} finally {
  load.dispose();
  guardedLoad.dispose();
  await Promise.all([noop.stop(), service.stop(), guarded.stop()]);
  rmSync(dataDir, { recursive: true });
}

async function report(subjects: readonly Subject[]): Promise<void> {
  for (const { server, load } of subjects) await load.cpuMicrosPerCall(server, WARM_UP_CALLS);
  const samples = subjects.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, subject] of subjects.entries()) {
      samples[index]?.push(await subject.load.cpuMicrosPerCall(subject.server, CALLS_PER_ROUND));
    }
  }
  const medians = samples.map(median);
  const baseline = medians[0] ?? Number.NaN;
  process.stdout.write(
    `CPU of one call, µs (median of ${ROUNDS} rounds of ${CALLS_PER_ROUND} calls, lowest to highest)\n`,
  );
  for (const [index, { name }] of subjects.entries()) {
    const own = samples[index] ?? [];
    const middle = medians[index] ?? Number.NaN;
    const range = `${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)}`;
    process.stdout.write(
      `${name.padEnd(42)}${middle.toFixed(1).padStart(7)}  (${range})  ${(middle / baseline).toFixed(2)} × no-op\n`,
    );
  }
  const reached = (medians[1] ?? Number.NaN) / baseline <= AIM;
  process.stdout.write(`Aim: Validate at most ${AIM} × no-op: ${reached ? 'reached' : 'not reached'}\n`);
}

async function generateKey({ httpPort }: ServerProcess, token: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/key/generate/bench`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await response.json()) as { apiKey: string }).apiKey;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
