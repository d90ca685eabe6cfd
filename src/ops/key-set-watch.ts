import { Counter, type Registry } from 'prom-client';
import type { Logger } from './logger.ts';

/** Learns how the downloads of the published key set end. */
export interface KeySetWatch {
  fetched(): void;
  fetchFailed(error: unknown, usableForMs: number): void;
}

/** Shows the downloads of the key set in logs and metrics: the log shows changes, not repetitions. */
export function createKeySetWatch(registry: Registry, logger: Logger): KeySetWatch {
  const failures = new Counter({
    name: 'iterapay_keys_key_set_failures_total',
    help: 'Downloads of the published key set (JWT_JWKS_URL) that failed and are tried again.',
    registers: [registry],
  });
  let state: 'good' | 'stale' | 'none' = 'good';

  return {
    fetched() {
      if (state !== 'good') logger.info('the key set is fetched again');
      state = 'good';
    },
    fetchFailed(error, usableForMs) {
      failures.inc();
      const next = usableForMs > 0 ? 'stale' : 'none';
      if (next === state) return;
      state = next;
      if (next === 'none') logger.error({ error }, 'the key set could not be fetched: no token can be checked');
      else
        logger.warn({ error, usableForMs }, 'the key set could not be fetched: the last one stays in use for a while');
    },
  };
}
