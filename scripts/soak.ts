// npm run soak -- --seconds 600 --seed 1: a random workload on several instances, judged by the exact history check.
// Exits 1 when a promise was broken, 2 when nothing could be judged.
import { parseArgs } from 'node:util';
import { checkHistory } from '../testkit/history/checker.ts';
import { startInstances } from '../testkit/history/instances.ts';
import type { Endpoint } from '../testkit/history/recorder.ts';
import { type Tally, tally, total } from '../testkit/history/summary.ts';
import { describeViolation, type Violation } from '../testkit/history/violation.ts';
import { runWorkload } from '../testkit/history/workload.ts';
import type { Guarantee } from '../testkit/history/world.ts';
import { startMongoServer } from '../testkit/servers/mongo-server.ts';
import { startRedisServer } from '../testkit/servers/redis-server.ts';
import { createTemporaryDirectory } from '../testkit/temporary-directory.ts';

const USAGE = `Usage: npm run soak -- [options]

  --seconds N         how long; 600 by default
  --seed N            determines what is called where; 1 by default
  --store NAME        production (MongoDB and Redis, started here) or embedded; production by default
  --instances N       how many instances are started; 2 by default
  --slice-seconds N   how much is kept in memory and judged at once; 15 by default
  --merchants N, --validators N
                      merchants, and loops that validate, at once; 4 and 16 by default
  --endpoints LIST    gRPC addresses (host:port, comma-separated) of instances that run already
  --token JWT         for these: merchant claim "*"
  --guarantee NAME    for these: strict or linearizable; strict by default
`;

interface Target {
  readonly endpoints: readonly Endpoint[];
  readonly token: string | undefined;
  readonly guarantee: Guarantee;
}

type Stops = (() => Promise<void>)[];

/** Violations that are printed in full. */
const SHOWN = 10;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'production' },
    instances: { type: 'string', default: '2' },
    'slice-seconds': { type: 'string', default: '15' },
    merchants: { type: 'string', default: '4' },
    validators: { type: 'string', default: '16' },
    endpoints: { type: 'string' },
    token: { type: 'string' },
    guarantee: { type: 'string', default: 'strict' },
    help: { type: 'boolean', default: false },
  },
});

const stops: Stops = [];
try {
  if (options.help) process.stdout.write(USAGE);
  else process.exitCode = await soak();
} catch (error) {
  process.stderr.write(`The soak could not go on: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 2;
} finally {
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
}

async function soak(): Promise<number> {
  const seconds = numberOf('seconds');
  const sliceMs = numberOf('slice-seconds') * 1000;
  const target = await findTarget();
  const startedAtMs = performance.now();
  const endMs = startedAtMs + seconds * 1000;
  // Two soaks on the same instances must not change each other's merchants.
  const run = `soak-${Date.now().toString(36)}`;
  let counts: Tally = {};
  let violations = 0;
  let undecided = 0;
  for (let slice = 0; performance.now() < endMs; slice++) {
    const history = await runWorkload({
      endpoints: target.endpoints,
      token: target.token,
      seed: numberOf('seed') + slice * 1_000,
      merchants: numberOf('merchants'),
      validators: numberOf('validators'),
      merchantPrefix: `${run}-${slice}-`,
      durationMs: Math.min(sliceMs, endMs - performance.now()),
    });
    const result = checkHistory(history, { guarantee: target.guarantee });
    show(result.violations, SHOWN - violations);
    violations += result.violations.length;
    undecided += result.undecidedMerchants.length;
    counts = tally(history, counts);
    const elapsedS = (performance.now() - startedAtMs) / 1000;
    const memoryMb = process.memoryUsage().rss / 1_048_576;
    process.stderr.write(
      `${elapsedS.toFixed(0)} s: ${total(counts)} operations, ${violations} violations, ${memoryMb.toFixed(0)} MB\n`,
    );
  }
  return summarize(counts, violations, undecided, (performance.now() - startedAtMs) / 1000, target.guarantee);
}

function summarize(counts: Tally, violations: number, undecided: number, seconds: number, guarantee: Guarantee) {
  const rows = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
  for (const [name, count] of rows) process.stdout.write(`${String(count).padStart(9)}  ${name}\n`);
  const perSecond = (total(counts) / seconds).toFixed(0);
  process.stdout.write(`${String(total(counts)).padStart(9)}  operations in ${seconds.toFixed(0)} s, ${perSecond}/s\n`);
  process.stdout.write(`${String(violations).padStart(9)}  violations (${guarantee})\n`);
  if (undecided > 0) process.stdout.write(`${String(undecided).padStart(9)}  merchants not judged by every rule\n`);
  if (violations > 0) return 1;
  // A service that never answered broke no promise, and kept none.
  return (counts['validate valid'] ?? 0) > 0 && (counts['revoke ok'] ?? 0) > 0 ? 0 : 2;
}

function show(violations: readonly Violation[], count: number): void {
  for (const violation of violations.slice(0, Math.max(count, 0))) {
    process.stdout.write(`${describeViolation(violation)}\n\n`);
  }
}

async function findTarget(): Promise<Target> {
  if (options.endpoints !== undefined) {
    const endpoints = options.endpoints.split(',').map((address) => ({ name: address, address }));
    return {
      endpoints,
      token: options.token,
      guarantee: options.guarantee === 'linearizable' ? 'linearizable' : 'strict',
    };
  }
  const directory = createTemporaryDirectory();
  stops.push(async () => directory.remove());
  const isEmbedded = options.store === 'embedded';
  const servers: Record<string, string> = isEmbedded ? {} : await startServers();
  const environment = { DATA_DIR: directory.path, ...servers };
  const { endpoints, token, stop } = await startInstances({ count: numberOf('instances'), environment });
  stops.push(stop);
  return { endpoints, token, guarantee: isEmbedded ? 'linearizable' : 'strict' };
}

async function startServers() {
  const mongo = await startMongoServer();
  stops.push(() => mongo.stop());
  const redis = await startRedisServer();
  stops.push(() => redis.stop());
  return { MONGODB_URL: mongo.url, REDIS_URL: redis.url };
}

function numberOf(name: 'seconds' | 'seed' | 'instances' | 'slice-seconds' | 'merchants' | 'validators'): number {
  const value = Number(options[name]);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`--${name} must be a number\n\n${USAGE}`);
  return value;
}
