import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { CALL_OUTCOMES, type CallOutcome } from '../core/call-outcome.ts';
import { createDurationHistogram } from './duration-histogram.ts';

/** What the service counts and measures, in the Prometheus text format. */
export interface Metrics {
  /** Where further metrics may be added. */
  readonly registry: Registry;
  callEnded(method: string, outcome: CallOutcome, seconds: number): void;
  lastUsedFlushFailed(): void;
  logLineDropped(): void;
}

/** @param methods the names that calls will be counted under */
export function createMetrics(methods: readonly string[]): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = countCalls(methods);
  new Counter({
    name: 'iterapay_keys_calls_total',
    help: 'Calls that ended, by method and what the caller got: ok, a stable code, or cancelled where it left before.',
    labelNames: ['method', 'code'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [method, byOutcome] of calls) {
        for (const [code, count] of Object.entries(byOutcome)) this.inc({ method, code }, count);
      }
    },
  });
  const durations = createDurationHistogram(
    'iterapay_keys_call_duration_seconds',
    'Time from the first check of a call to its end for the caller.',
    methods,
  );
  registry.registerMetric(durations.metric);
  const flushFailures = new Counter({
    name: 'iterapay_keys_last_used_flush_failures_total',
    help: 'Bulk writes of last-used times that failed and are tried again.',
    registers: [registry],
  });
  const droppedLines = new Counter({
    name: 'iterapay_keys_log_lines_dropped_total',
    help: 'Log lines that were dropped because standard output did not take them.',
    registers: [registry],
  });

  return {
    registry,
    callEnded(method, outcome, seconds) {
      const byOutcome = calls.get(method);
      if (byOutcome !== undefined) byOutcome[outcome]++;
      durations.observe(method, seconds);
    },
    lastUsedFlushFailed: () => flushFailures.inc(),
    logLineDropped: () => droppedLines.inc(),
  };
}

/**
 * Plain numbers, since every validation is counted and may cost next to nothing. All of them are there from the start,
 * so that an alert can watch an outcome before it first happens.
 */
function countCalls(methods: readonly string[]): Map<string, Record<CallOutcome, number>> {
  const zeros = () => Object.fromEntries(CALL_OUTCOMES.map((outcome) => [outcome, 0])) as Record<CallOutcome, number>;
  return new Map(methods.map((method) => [method, zeros()]));
}
