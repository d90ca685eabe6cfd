import { expect } from 'chai';
import { portOf } from '../../testkit/clients/port-of.ts';
import { fuzz } from '../../testkit/fuzz/fuzzer.ts';
import { COLLECTED_OFTEN, readRemains, waitUntilBack } from '../../testkit/fuzz/remains.ts';
import { runNode } from '../../testkit/service/run-node.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { expectAlive, waitUntilAllClosed } from '../../testkit/service/usage.ts';

const CONNECTIONS = 10_000;
const SEED = 20_261_124;
/** Until the code is compiled and the caches are full, memory grows by itself. */
const WARM_UP_CONNECTIONS = 3_000;
const ALL_CLOSED_MS = 60_000;
const MINUTES_MS = 180_000;

describe(`${CONNECTIONS} connections that are aborted at random`, () => {
  const services = shareServices();

  it('end nothing and leave nothing', async () => {
    const service = await services.start({ ...COLLECTED_OFTEN, REQUEST_TIMEOUT_MS: '200' });
    const ports = { httpPort: portOf(service.httpUrl), grpcPort: portOf(service.grpcUrl) };

    await fuzz({ ...ports, seed: SEED, connections: WARM_UP_CONNECTIONS });
    await waitUntilAllClosed(service, ALL_CLOSED_MS);
    const before = await readRemains(service);
    await fuzz({ ...ports, seed: SEED + WARM_UP_CONNECTIONS, connections: CONNECTIONS - WARM_UP_CONNECTIONS });
    await waitUntilAllClosed(service, ALL_CLOSED_MS);

    await expectAlive(service);
    await waitUntilBack(service, before);
  }).timeout(MINUTES_MS);
});

describe('The command that goes on with it', () => {
  it('says what it found, and ends', async () => {
    const { exitCode, stdout, stderr } = await runNode(['scripts/fuzz.ts', '--seconds', '0.1']);

    expect(stderr).to.equal('');
    expect(stdout).to.match(/^\d+ connections were aborted at random/);
    expect(exitCode).to.equal(0);
  }).timeout(MINUTES_MS);
});
