import { expect } from 'chai';
import { errors, type JWTVerifyGetKey } from 'jose';
import { createKeySet } from '../../src/auth/key-set.ts';
import type { Moment } from '../../src/auth/moment.ts';
import { setOf } from './set-of-kids.ts';

const MAX_AGE_MS = 20_000;
const STALE_MS = 600_000;
const COOLDOWN_MS = 1_000;
const WAITING_AGE_MS = 45_000;

/** A key set whose downloads end when the test says so, and whose time stands still until it is moved. */
function createWorld() {
  const now = { wallMs: 1_000_000, monotonicMs: 5_000 };
  const reports: string[] = [];
  const pending: { resolve(findKey: JWTVerifyGetKey): void; reject(error: Error): void }[] = [];
  let downloads = 0;
  const findKey = createKeySet(
    () => {
      downloads++;
      return new Promise((resolve, reject) => pending.push({ resolve, reject }));
    },
    {
      maxAgeMs: MAX_AGE_MS,
      staleMs: STALE_MS,
      clock: (): Moment => ({ ...now }),
      observer: {
        fetched: () => reports.push('fetched'),
        fetchFailed: (error, usableForMs) => reports.push(`${(error as Error).message} ${usableForMs}`),
      },
    },
  );
  return {
    now,
    reports,
    downloads: () => downloads,
    advance(ms: number) {
      now.wallMs += ms;
      now.monotonicMs += ms;
    },
    /** Ends the download that is under way. */
    async publish(...kids: readonly string[]) {
      pending.shift()?.resolve(setOf(kids));
      await settle();
    },
    async fail() {
      pending.shift()?.reject(new Error('away'));
      await settle();
    },
    /** `found`, `unknown`, the failure's message, or `waits`. */
    async ask(kid: string): Promise<string> {
      const answer = Promise.resolve(findKey({ alg: 'HS256', kid }, { payload: '', signature: '' })).then(
        () => 'found',
        (error: unknown) => (error instanceof errors.JWKSNoMatchingKey ? 'unknown' : (error as Error).message),
      );
      return Promise.race([answer, settle().then(() => 'waits')]);
    },
  };
}

/** Lets everything run that waits for nothing outside. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('A published key set', () => {
  let world: ReturnType<typeof createWorld>;

  beforeEach(async () => {
    world = createWorld();
    expect(await world.ask('k1')).to.equal('waits');
    await world.publish('k1');
  });

  it('is fetched once while it is young', async () => {
    world.advance(MAX_AGE_MS);

    expect(await world.ask('k1')).to.equal('found');
    expect([world.downloads(), world.reports]).to.deep.equal([1, ['fetched']]);
  });

  it('is refreshed in the background when it is older: no call waits, and one download is under way', async () => {
    world.advance(MAX_AGE_MS + 1);

    expect([await world.ask('k1'), await world.ask('k1')]).to.deep.equal(['found', 'found']);
    expect(world.downloads()).to.equal(2);
    await world.publish('k2');
    expect([await world.ask('k2'), await world.ask('k1')]).to.deep.equal(['found', 'unknown']);
    expect(world.downloads()).to.equal(2);
  });

  it('is not used unasked when it was not asked for so long that a key may be gone', async () => {
    world.advance(WAITING_AGE_MS + 1);

    expect(await world.ask('k1')).to.equal('waits');
    await world.publish('k2');
    expect(await world.ask('k1')).to.equal('unknown');
  });

  for (const clock of ['wallMs', 'monotonicMs'] as const) {
    it(`is as old as the clock says that went on: ${clock}`, async () => {
      world.now[clock] += WAITING_AGE_MS + 1;
      world.now[clock === 'wallMs' ? 'monotonicMs' : 'wallMs'] -= 10_000;

      expect(await world.ask('k1')).to.equal('waits');
    });
  }

  it('counts its age from the beginning of the download: what was published during it may be missing', async () => {
    world.advance(MAX_AGE_MS + 1);
    await world.ask('k1');
    world.advance(4_000);
    await world.publish('k1');
    world.advance(MAX_AGE_MS - 3_999);

    await world.ask('k1');

    expect(world.downloads()).to.equal(3);
  });

  it('goes on while it cannot be fetched, and no call waits once a download failed', async () => {
    world.advance(WAITING_AGE_MS + 1);
    expect(await world.ask('k1')).to.equal('waits');
    await world.fail();

    for (let elapsedMs = 0; elapsedMs < 500_000; elapsedMs += 10_000) {
      expect(await world.ask('k1')).to.equal('found');
      world.advance(10_000);
      expect(await world.ask('k1')).to.equal('found');
      await world.fail();
    }
  });

  it('is asked for again after an outage whose end no call noticed', async () => {
    world.advance(WAITING_AGE_MS + 1);
    expect(await world.ask('k1')).to.equal('waits');
    await world.fail();
    world.advance(WAITING_AGE_MS);

    expect(await world.ask('k1')).to.equal('waits');
    await world.publish('k2');
    expect(await world.ask('k1')).to.equal('unknown');
  });

  it('ends after the documented time; then the failure is the answer, and nothing is fetched meanwhile', async () => {
    world.advance(MAX_AGE_MS + STALE_MS);
    expect(await world.ask('k1')).to.equal('waits');
    await world.fail();
    expect(await world.ask('k1')).to.equal('found');
    world.advance(COOLDOWN_MS);
    expect(await world.ask('k1')).to.equal('waits');
    await world.fail();
    const downloads = world.downloads();

    expect([await world.ask('k1'), await world.ask('k1')]).to.deep.equal(['away', 'away']);
    expect(world.downloads()).to.equal(downloads);
    expect(world.reports).to.deep.equal(['fetched', 'away 0', 'away 0']);
    world.advance(COOLDOWN_MS);
    expect(await world.ask('k1')).to.equal('waits');
    await world.publish('k1');
    expect(await world.ask('k1')).to.equal('found');
  });

  it('is fetched at most once in a second for kids that are not in it', async () => {
    expect([await world.ask('k2'), await world.ask('k3')]).to.deep.equal(['unknown', 'unknown']);
    expect(world.downloads()).to.equal(1);
    world.advance(COOLDOWN_MS);
    expect([await world.ask('k2'), await world.ask('k3'), await world.ask('k1')]).to.deep.equal([
      'waits',
      'waits',
      'found',
    ]);
    expect(world.downloads()).to.equal(2);
    world.advance(3_000);
    await world.publish('k1', 'k2');

    expect([await world.ask('k2'), await world.ask('k3')]).to.deep.equal(['found', 'unknown']);
    expect(world.downloads()).to.equal(2);
  });

  it('does not know whether a kid is unknown while it cannot be fetched, and says so without a wait', async () => {
    world.advance(COOLDOWN_MS);
    expect(await world.ask('k2')).to.equal('waits');
    await world.fail();

    for (let second = 0; second < 10; second++) {
      world.advance(COOLDOWN_MS);
      expect([await world.ask('k2'), await world.ask('k1')]).to.deep.equal(['away', 'found']);
      await world.fail();
    }
    expect(world.downloads()).to.equal(12);
    world.advance(COOLDOWN_MS);
    await world.ask('k2');
    await world.publish('k1', 'k2');
    expect(await world.ask('k2')).to.equal('found');
  });
});
