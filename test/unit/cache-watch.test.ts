import { expect } from 'chai';
import { Registry } from 'prom-client';
import { createCacheWatch } from '../../src/ops/cache-watch.ts';
import type { CacheObserver } from '../../src/revocation/cache-observer.ts';

describe('The watch on the cache', () => {
  let registry: Registry;
  let lines: (readonly [string, ...unknown[]])[];
  let watch: CacheObserver;

  beforeEach(() => {
    registry = new Registry();
    lines = [];
    const line =
      (level: string) =>
      (...args: readonly unknown[]) =>
        void lines.push([level, ...args]);
    const logger = { info: line('info'), warn: line('warn') };
    const repeated = { log: (...args: readonly [string, ...unknown[]]) => void lines.push(args) };
    watch = createCacheWatch(registry, { logger, repeated } as unknown as Parameters<typeof createCacheWatch>[1]);
  });

  /** The value of a metric's line. */
  async function readMetric(metric: string): Promise<number> {
    const found = (await registry.metrics()).split('\n').find((text) => text.startsWith(`${metric} `));
    return Number(found?.split(' ')[1]);
  }

  it('shows whether the instance is bound, and logs only the changes', async () => {
    const failure = new Error('refused');
    watch.unbound(failure);
    watch.unbound(failure);
    const unbound = await readMetric('iterapay_keys_redis_bound');
    watch.bound();
    const bound = await readMetric('iterapay_keys_redis_bound');
    watch.unbound(failure);

    expect([unbound, bound, await readMetric('iterapay_keys_redis_bound')]).to.deep.equal([0, 1, 0]);
    expect(lines.map(([level]) => level)).to.deep.equal(['warn', 'info', 'warn']);
    expect(lines[0]?.[1]).to.deep.equal({ error: failure });
  });

  it('counts the revocations that wait, and no other ones', async () => {
    watch.confirmationWaits();
    watch.confirmationWaits();
    watch.confirmationEnded('confirmed', 0.002, false);
    const waiting = await readMetric('iterapay_keys_confirmations_waiting');
    watch.confirmationEnded('unconfirmed', 30, true);

    expect([waiting, await readMetric('iterapay_keys_confirmations_waiting')]).to.deep.equal([2, 1]);
    expect(lines.map(([level]) => level)).to.deep.equal(['info', 'info', 'warn']);
  });

  it('measures every confirmation by how it ended', async () => {
    watch.confirmationEnded('confirmed', 0.002, false);
    watch.confirmationEnded('confirmed', 0.004, true);
    watch.confirmationEnded('unconfirmed', 30, true);

    const sum = 'iterapay_keys_confirmation_duration_seconds_sum';
    expect(await readMetric(`${sum}{outcome="confirmed"}`)).to.be.closeTo(0.006, 1e-9);
    expect(await readMetric(`${sum}{outcome="unconfirmed"}`)).to.equal(30);
  });

  it('counts lookups by what answered them', async () => {
    for (const source of ['redis', 'redis', 'authority', 'authority_filled'] as const) watch.lookedUp(source);

    const counts = ['redis', 'authority', 'authority_filled'].map((source) =>
      readMetric(`iterapay_keys_lookups_total{source="${source}"}`),
    );
    expect(await Promise.all(counts)).to.deep.equal([2, 1, 1]);
  });

  it('counts and logs what failed in the background', async () => {
    const failure = new Error('no primary');
    watch.failedInBackground('sweeping', failure);

    expect(await readMetric('iterapay_keys_background_failures_total')).to.equal(1);
    expect(lines[0]?.slice(0, 3)).to.deep.equal(['warn', 'background sweeping', { what: 'sweeping', error: failure }]);
  });
});
