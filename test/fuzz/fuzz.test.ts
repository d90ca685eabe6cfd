import { expect } from 'chai';
import { useServices } from '../lifecycle/running-services.ts';
import { expectAlive, waitUntilAllClosed } from '../limits/usage.ts';
import { waitUntil } from '../support/servers/wait-until.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { fuzz } from './fuzzer.ts';

const CONNECTIONS = 10_000;
const SEED = 20_261_124;
/** Until the code is compiled and the caches are full, memory grows by itself. */
const WARM_UP_CONNECTIONS = 3_000;
const MINUTES_MS = 180_000;
const WAIT = { timeoutMs: 60_000 };
/** A kilobyte that each connection leaves behind is more than this. */
const HEAP_GROWTH_BYTES = 8_000_000;

interface Remains {
  readonly descriptors: number;
  readonly handles: number;
  readonly heapBytes: number;
}

async function remains({ adminUrl }: ServiceProcess): Promise<Remains> {
  const text = await (await fetch(`${adminUrl}/metrics`, { headers: { connection: 'close' } })).text();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    descriptors: gauge('process_open_fds'),
    handles: gauge('nodejs_active_handles_total'),
    heapBytes: gauge('nodejs_heap_size_used_bytes') + gauge('nodejs_external_memory_bytes'),
  };
}

describe(`${CONNECTIONS} connections that are aborted at random`, () => {
  const services = useServices();

  it('end nothing and leave nothing', async () => {
    // A small new space is collected often, so that what the heap holds is what is in use.
    const service = await services.start({ REQUEST_TIMEOUT_MS: '2000', NODE_OPTIONS: '--max-semi-space-size=1' });
    const ports = { httpPort: Number(new URL(service.httpUrl).port), grpcPort: Number(new URL(service.grpcUrl).port) };

    await fuzz({ ...ports, seed: SEED, connections: WARM_UP_CONNECTIONS });
    await waitUntilAllClosed(service, WAIT.timeoutMs);
    const before = await remains(service);
    await fuzz({ ...ports, seed: SEED + WARM_UP_CONNECTIONS, connections: CONNECTIONS - WARM_UP_CONNECTIONS });
    await waitUntilAllClosed(service, WAIT.timeoutMs);

    await expectAlive(service);
    await waitUntil(
      'everything is back where it was',
      async () => {
        const after = await remains(service);
        expect(after.descriptors).to.be.at.most(before.descriptors + 2);
        expect(after.handles).to.be.at.most(before.handles + 2);
        expect(after.heapBytes).to.be.at.most(before.heapBytes + HEAP_GROWTH_BYTES);
      },
      WAIT,
    );
  }).timeout(MINUTES_MS);
});
