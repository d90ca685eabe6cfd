import { expect } from 'chai';
import { createRecorderWorld, H1, H2, H3, M1, use } from './recorder-world.ts';

describe('The last-used recorder', () => {
  it('writes many uses of a key as one: the newest', async () => {
    const { recorder, recorded } = createRecorderWorld();
    for (const usedAtMs of [1_000, 3_000, 2_000]) recorder.record(H1, M1, usedAtMs);

    await recorder.close();

    expect(recorded).to.deep.equal([[use(H1, 3_000)]]);
  });

  it('writes the uses of many keys in one call', async () => {
    const { recorder, recorded } = createRecorderWorld();
    recorder.record(H1, M1, 1_000);
    recorder.record(H2, M1, 2_000);
    recorder.record(H1, M1, 3_000);

    await recorder.close();

    expect(recorded).to.deep.equal([[use(H1, 3_000), use(H2, 2_000)]]);
  });

  it('writes by itself within the interval, and again when there are further uses', async () => {
    const { recorder, recorded, nextWrite } = createRecorderWorld({ flushIntervalMs: 1 });
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    await first;
    const second = nextWrite();

    recorder.record(H1, M1, 2_000);
    await second;

    await recorder.close();
    expect(recorded).to.deep.equal([[use(H1, 1_000)], [use(H1, 2_000)]]);
  });

  it('writes nothing on close when nothing was used', async () => {
    const { recorder, recorded } = createRecorderWorld();

    await recorder.close();

    expect(recorded).to.deep.equal([]);
  });

  it('knows the newest use of a key before it is written, and of no other key', async () => {
    const { recorder } = createRecorderWorld();
    recorder.record(H1, M1, 2_000);
    recorder.record(H1, M1, 1_000);

    const newest = [recorder.newest(H1), recorder.newest(H2)];

    await recorder.close();
    expect(newest).to.deep.equal([new Date(2_000), undefined]);
  });

  it('knows the newest use of a key while it is being written', async () => {
    const { recorder, hold, nextWrite, finish } = createRecorderWorld();
    hold();
    const began = nextWrite();
    recorder.record(H1, M1, 1_000);
    const closing = recorder.close();
    await began;

    const newest = recorder.newest(H1);

    finish();
    await closing;
    expect(newest).to.deep.equal(new Date(1_000));
    expect(recorder.newest(H1)).to.equal(undefined);
  });

  it('knows the newest use also when the clock stepped back while it was being written', async () => {
    const { recorder, hold, nextWrite, finish } = createRecorderWorld();
    hold();
    const began = nextWrite();
    recorder.record(H1, M1, 2_000);
    const closing = recorder.close();
    await began;
    recorder.record(H1, M1, 1_000);

    const newest = recorder.newest(H1);

    finish();
    await closing;
    expect(newest).to.deep.equal(new Date(2_000));
  });

  it('closes only when the write that is under way and the last one have ended', async () => {
    const { recorder, recorded, hold, nextWrite, finish } = createRecorderWorld({ flushIntervalMs: 1 });
    hold();
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    await first;
    recorder.record(H1, M1, 2_000);
    const last = nextWrite();

    const closing = recorder.close();

    finish();
    await last;
    finish();
    await closing;
    expect(recorded).to.deep.equal([[use(H1, 1_000)], [use(H1, 2_000)]]);
  });
});

describe('The memory of uses that are not written yet', () => {
  it('is bounded: further keys are dropped, and those that are in it go on being raised', async () => {
    const { recorder, recorded } = createRecorderWorld({ maxPendingKeys: 2 });
    recorder.record(H1, M1, 1_000);
    recorder.record(H2, M1, 1_000);

    recorder.record(H3, M1, 2_000);
    recorder.record(H1, M1, 3_000);

    await recorder.close();
    expect(recorded).to.deep.equal([[use(H1, 3_000), use(H2, 1_000)]]);
  });

  it('is bounded also after a write that failed', async () => {
    const { recorder, recorded, hold, nextWrite, finish } = createRecorderWorld({
      maxPendingKeys: 2,
      flushIntervalMs: 1,
    });
    hold();
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    await first;
    recorder.record(H2, M1, 1_000);
    recorder.record(H3, M1, 1_000);
    const second = nextWrite();

    finish(new Error('the store is away'));
    await second;

    finish();
    await recorder.close();
    expect(recorded.at(-1)).to.have.length(2);
  });

  it('has room again once it is written', async () => {
    const { recorder, recorded, nextWrite } = createRecorderWorld({ maxPendingKeys: 1, flushIntervalMs: 1 });
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    await first;

    recorder.record(H2, M1, 2_000);

    await recorder.close();
    expect(recorded).to.deep.equal([[use(H1, 1_000)], [use(H2, 2_000)]]);
  });
});
