// npm run fuzz -- --seconds 600 --seed 1: connections that are aborted at random, over every protocol and both ports.
// Exits 1 when the service has ended, does not answer, or holds more than before.
import { inspect, parseArgs } from 'node:util';
import { portOf } from '../testkit/clients/port-of.ts';
import { fuzz } from '../testkit/fuzz/fuzzer.ts';
import { COLLECTED_OFTEN, readRemains, waitUntilBack } from '../testkit/fuzz/remains.ts';
import { type ServiceProcess, startServiceProcess } from '../testkit/service/service-process.ts';
import { TEST_SETTINGS } from '../testkit/service/tokens.ts';
import { expectAlive, waitUntilAllClosed } from '../testkit/service/usage.ts';
import { createTemporaryDirectory } from '../testkit/temporary-directory.ts';

/** Connections between two looks at the service; the first ones also warm it up. */
const BATCH = 3_000;
const ALL_CLOSED_MS = 60_000;

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: '1' } },
});
const [seconds, firstSeed] = [options.seconds, options.seed].map(Number);
if (seconds === undefined || firstSeed === undefined || !(seconds > 0) || !Number.isSafeInteger(firstSeed)) {
  process.stderr.write('Usage: npm run fuzz -- [--seconds N] [--seed N]\n');
  process.exit(2);
}

const directory = createTemporaryDirectory();
const service = await startServiceProcess({
  ...TEST_SETTINGS,
  ...COLLECTED_OFTEN,
  REQUEST_TIMEOUT_MS: '200',
  DATA_DIR: directory.path,
});
try {
  const connections = await run(service, firstSeed, performance.now() + seconds * 1000);
  process.stdout.write(
    `${connections} connections were aborted at random; the service has ended nothing and kept nothing.\n`,
  );
} catch (error) {
  process.stderr.write(`${inspect(error)}\n${service.output().stderr}`);
  process.exitCode = 1;
} finally {
  await service.end('SIGKILL');
  directory.remove();
}

async function run(target: ServiceProcess, seed: number, endMs: number): Promise<number> {
  const ports = { httpPort: portOf(target.httpUrl), grpcPort: portOf(target.grpcUrl) };
  const runBatch = async (first: number) => {
    await fuzz({ ...ports, seed: seed + first, connections: BATCH });
    await waitUntilAllClosed(target, ALL_CLOSED_MS);
    await expectAlive(target);
  };
  await runBatch(0);
  const before = await readRemains(target);
  let done = BATCH;
  for (; performance.now() < endMs; done += BATCH) await runBatch(done);
  await waitUntilBack(target, before);
  return done;
}
