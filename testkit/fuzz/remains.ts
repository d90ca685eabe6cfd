import { expect } from 'chai';
import type { ServiceProcess } from '../service/service-process.ts';
import { waitUntil } from '../wait-until.ts';

/** What connections that are gone might have left in the process. */
export interface Remains {
  readonly descriptors: number;
  readonly handles: number;
  readonly heapBytes: number;
}

/**
 * Garbage is collected often: little of what the heap holds is garbage, and what is collected too early shows itself.
 */
export const COLLECTED_OFTEN = {
  NODE_OPTIONS: `--max-semi-space-size=1 --import ${new URL('collect-often.ts', import.meta.url)}`,
} as const;

/**
 * V8 collects the old space only when it has grown by about as much as it holds. What some thousand connections leave
 * behind is more than this: a session and its socket take several kilobytes.
 */
const HEAP_GROWTH_BYTES = 24_000_000;
const OTHER_GROWTH = 2;
const WAIT = { timeoutMs: 60_000 };

export async function readRemains({ adminUrl }: ServiceProcess): Promise<Remains> {
  const text = await (await fetch(`${adminUrl}/metrics`, { headers: { connection: 'close' } })).text();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    descriptors: gauge('process_open_fds'),
    handles: gauge('nodejs_active_handles_total'),
    heapBytes: gauge('nodejs_heap_size_used_bytes') + gauge('nodejs_external_memory_bytes'),
  };
}

/** Waits until the process holds no more than before. */
export async function waitUntilBack(service: ServiceProcess, before: Remains): Promise<void> {
  await waitUntil(
    'everything is back where it was',
    async () => {
      const { descriptors, handles, heapBytes } = await readRemains(service);
      expect(descriptors, 'descriptors').to.be.at.most(before.descriptors + OTHER_GROWTH);
      expect(handles, 'handles').to.be.at.most(before.handles + OTHER_GROWTH);
      expect(heapBytes, 'bytes of the heap').to.be.at.most(before.heapBytes + HEAP_GROWTH_BYTES);
    },
    WAIT,
  );
}
