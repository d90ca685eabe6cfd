import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CacheObserver, LookupSource } from '../revocation/cache-observer.ts';
import type { Log } from './log.ts';

/** From one round trip to the lease of a cache that no instance can reach. */
const CONFIRMATION_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30];

/** Shows the cache and the revocations in logs and metrics. */
export function createCacheWatch(
  registry: Registry,
  { logger, repeated }: Pick<Log, 'logger' | 'repeated'>,
): CacheObserver {
  const lookups = countLookups(registry);
  const registers = [registry];
  const boundGauge = new Gauge({
    name: 'iterapay_keys_redis_bound',
    help: 'Whether this instance holds a binding to Redis (1) or asks the authority for every validation (0).',
    registers,
  });
  const waiting = new Gauge({
    name: 'iterapay_keys_confirmations_waiting',
    help: 'Revocations that wait for a cache which this instance does not reach itself.',
    registers,
  });
  const confirmations = new Histogram({
    name: 'iterapay_keys_confirmation_duration_seconds',
    help: 'Time from the commit of a revocation to its confirmation, or to giving up.',
    labelNames: ['outcome'],
    buckets: CONFIRMATION_BUCKETS_S,
    registers,
  });
  const failures = new Counter({
    name: 'iterapay_keys_background_failures_total',
    help: 'Background work of the cache that failed and is tried again.',
    registers,
  });
  /** Undefined before the first attempt: the log shows changes, not repetitions. */
  let isBound: boolean | undefined;

  return {
    lookedUp: (source) => void lookups[source]++,
    bound() {
      isBound = true;
      boundGauge.set(1);
      logger.info('Redis is used as a cache');
    },
    unbound(error) {
      if (isBound !== false) logger.warn({ error }, 'Redis is not used: validations ask MongoDB');
      isBound = false;
      boundGauge.set(0);
    },
    confirmationWaits() {
      waiting.inc();
      repeated.log('info', 'wait', {}, 'a revocation waits for a cache that this instance does not reach');
    },
    confirmationEnded(outcome, seconds, waited) {
      confirmations.observe({ outcome }, seconds);
      if (!waited) return;
      waiting.dec();
      const level = outcome === 'confirmed' ? 'info' : 'warn';
      repeated.log(level, `wait ${outcome}`, { outcome, seconds }, 'a revocation no longer waits');
    },
    failedInBackground(what, error) {
      failures.inc();
      repeated.log('warn', `background ${what}`, { what, error }, 'background work failed; it is tried again');
    },
  };
}

/** Plain numbers, since every validation is counted and may cost next to nothing. */
function countLookups(registry: Registry): Record<LookupSource, number> {
  const lookups: Record<LookupSource, number> = { redis: 0, authority_filled: 0, authority: 0 };
  new Counter({
    name: 'iterapay_keys_lookups_total',
    help: 'Lookups by what answered them: Redis, the authority with a fill of Redis, or the authority alone.',
    labelNames: ['source'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [source, count] of Object.entries(lookups)) this.inc({ source }, count);
    },
  });
  return lookups;
}
