import { expect } from 'chai';
import { Registry } from 'prom-client';
import { createDurationHistogram } from '../../src/ops/duration-histogram.ts';

const NAME = 'call_seconds';

function createWorld(methods: readonly string[] = ['Validate', 'Revoke']) {
  const registry = new Registry();
  const histogram = createDurationHistogram(NAME, 'How long calls take.', methods);
  registry.registerMetric(histogram.metric);
  /** The values of a method in the Prometheus text, in their order: buckets by upper bound, then sum and count. */
  async function read(method: string) {
    const lines = (await registry.metrics()).split('\n').filter((line) => line.includes(`method="${method}"`));
    const values = lines.map((line) => Number(line.split(' ').at(-1)));
    const bounds = lines.map((line) => /le="([^"]+)"/.exec(line)?.[1]).filter((bound) => bound !== undefined);
    return { bounds, buckets: values.slice(0, -2), sum: values.at(-2), count: values.at(-1) };
  }
  return { registry, histogram, read };
}

describe('The histogram of durations', () => {
  it('is a histogram in the Prometheus text format', async () => {
    const { registry, histogram } = createWorld(['Validate']);
    histogram.observe('Validate', 0.25);

    const text = await registry.metrics();

    expect(text.trimEnd().split('\n')).to.deep.equal([
      '# HELP call_seconds How long calls take.',
      '# TYPE call_seconds histogram',
      'call_seconds_bucket{method="Validate",le="0.0001"} 0',
      'call_seconds_bucket{method="Validate",le="0.0005"} 0',
      'call_seconds_bucket{method="Validate",le="0.001"} 0',
      'call_seconds_bucket{method="Validate",le="0.005"} 0',
      'call_seconds_bucket{method="Validate",le="0.01"} 0',
      'call_seconds_bucket{method="Validate",le="0.05"} 0',
      'call_seconds_bucket{method="Validate",le="0.1"} 0',
      'call_seconds_bucket{method="Validate",le="0.5"} 1',
      'call_seconds_bucket{method="Validate",le="1"} 1',
      'call_seconds_bucket{method="Validate",le="5"} 1',
      'call_seconds_bucket{method="Validate",le="30"} 1',
      'call_seconds_bucket{method="Validate",le="+Inf"} 1',
      'call_seconds_sum{method="Validate"} 0.25',
      'call_seconds_count{method="Validate"} 1',
    ]);
  });

  it('has every method from the start', async () => {
    const { read } = createWorld();

    const { buckets, sum, count } = await read('Revoke');

    expect({ buckets, sum, count }).to.deep.equal({ buckets: Array(12).fill(0), sum: 0, count: 0 });
  });

  it('counts in every bucket what is at most its upper bound', async () => {
    const { histogram, read } = createWorld();
    const { bounds } = await read('Validate');
    const durations = bounds.flatMap((bound) => (bound === '+Inf' ? [31] : [Number(bound), Number(bound) * 1.01]));

    for (const seconds of durations) histogram.observe('Validate', seconds);

    const { buckets, sum, count } = await read('Validate');
    const expected = bounds.map((bound) => {
      const limit = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      return durations.filter((seconds) => seconds <= limit).length;
    });
    expect(buckets).to.deep.equal(expected);
    expect(count).to.equal(durations.length);
    expect(sum).to.be.closeTo(
      durations.reduce((total, seconds) => total + seconds, 0),
      1e-9,
    );
  });

  it('keeps methods apart', async () => {
    const { histogram, read } = createWorld();
    histogram.observe('Validate', 1);
    histogram.observe('Validate', 2);
    histogram.observe('Revoke', 4);

    const [validate, revoke] = [await read('Validate'), await read('Revoke')];

    expect([validate.count, validate.sum, revoke.count, revoke.sum]).to.deep.equal([2, 3, 1, 4]);
  });

  it('has no series for a method that it was not made for', async () => {
    const { registry, histogram } = createWorld();

    histogram.observe('Unknown', 1);

    expect(await registry.metrics()).not.to.include('Unknown');
  });

  it('shows the same when it is read twice', async () => {
    const { registry, histogram } = createWorld();
    histogram.observe('Validate', 1);

    const [first, second] = [await registry.metrics(), await registry.metrics()];

    expect(second).to.equal(first);
  });
});
