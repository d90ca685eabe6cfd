import { createManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryCache } from '../../testkit/memory/memory-cache.ts';
import { describeCacheConnectionContract } from './cache-connection-contract.ts';

describeCacheConnectionContract('A cache in memory', async () => {
  const clock = createManualClock();
  const cache = createMemoryCache({ clock });
  return {
    connect: (database) => cache.connect(database),
    closeConnections: async () => cache.closeConnections(),
    restart: async () => cache.restart(),
    restartWithEntries: async () => cache.restart(cache.snapshot()),
    demote: async () => cache.demote(),
    promote: async () => cache.promote(),
    remainingMs: async (key) => cache.remainingMs(key),
    advance: (ms) => clock.advance(ms),
    dispose: async () => undefined,
  };
});
