import type { Metric } from 'prom-client';

/** A histogram of durations by method. */
export interface DurationHistogram {
  observe(method: string, seconds: number): void;
  /** For a registry. */
  readonly metric: Metric;
}

/** From a validation in this process to a call that waits for its time limit. */
const UPPER_BOUNDS_S = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/**
 * A histogram that costs no more than counting: every validation is measured, and prom-client's own looks its labels up
 * anew each time.
 */
export function createDurationHistogram(name: string, help: string, methods: readonly string[]): DurationHistogram {
  /** For each method the counts by bucket, the last one without an upper bound, and the sum. */
  const series = new Map(
    methods.map((method) => [method, { counts: new Float64Array(UPPER_BOUNDS_S.length + 1), sumS: 0 }]),
  );

  function values() {
    return [...series].flatMap(([method, { counts, sumS }]) => {
      let cumulated = 0;
      const buckets = [...counts].map((count, index) => {
        cumulated += count;
        const le = UPPER_BOUNDS_S[index] ?? '+Inf';
        return { metricName: `${name}_bucket`, labels: { method, le }, value: cumulated };
      });
      const rest = [
        { metricName: `${name}_sum`, labels: { method }, value: sumS },
        { metricName: `${name}_count`, labels: { method }, value: cumulated },
      ];
      return [...buckets, ...rest];
    });
  }

  return {
    observe(method, seconds) {
      const own = series.get(method);
      if (own === undefined) return;
      let bucket = 0;
      while (bucket < UPPER_BOUNDS_S.length && seconds > (UPPER_BOUNDS_S[bucket] ?? 0)) bucket++;
      own.counts[bucket] = (own.counts[bucket] ?? 0) + 1;
      own.sumS += seconds;
    },
    // prom-client takes any object with these members; its types know its own four classes only.
    metric: {
      name,
      get: async () => ({ name, help, type: 'histogram', values: values(), aggregator: 'sum' }),
    } as never,
  };
}
