import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { ERROR_CODES, type ErrorCode } from '../core/errors.ts';

/** What the service counts and measures, in the Prometheus text format. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  callEnded(method: string, outcome: ErrorCode | 'ok', seconds: number): void;
  lastUsedFlushFailed(): void;
}

/** From a validation in this process to a call that waits for its time limit. */
const DURATION_BUCKETS_S = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** @param methods the names that calls will be counted under */
export function createMetrics(methods: readonly string[]): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Counter({
    name: 'iterapay_keys_calls_total',
    help: 'Calls that ended, by method and stable code.',
    labelNames: ['method', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'iterapay_keys_call_duration_seconds',
    help: 'Time from the first check of a call to its end.',
    labelNames: ['method'],
    buckets: DURATION_BUCKETS_S,
    registers: [registry],
  });
  const flushFailures = new Counter({
    name: 'iterapay_keys_last_used_flush_failures_total',
    help: 'Bulk writes of last-used times that failed and are tried again.',
    registers: [registry],
  });

  // Looking a child up by its labels costs more than counting, so each is looked up once; and a series that exists
  // from the start can be alerted on before its first event.
  const children = new Map(
    methods.map((method) => {
      const byOutcome = (['ok', ...ERROR_CODES] as const).map((code) => [code, calls.labels(method, code)] as const);
      byOutcome.forEach(([, counter]) => void counter.inc(0));
      return [method, { outcomes: new Map(byOutcome), duration: durations.labels(method) }];
    }),
  );

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    callEnded(method, outcome, seconds) {
      const child = children.get(method);
      child?.outcomes.get(outcome)?.inc();
      child?.duration.observe(seconds);
    },
    lastUsedFlushFailed: () => flushFailures.inc(),
  };
}
