import { expect } from 'chai';
import { createRecorderWorld, H1, H2, M1, use } from './recorder-world.ts';

describe('A write of uses that fails', () => {
  it('is reported, and tried again by itself', async () => {
    const { recorder, recorded, failures, hold, nextWrite, finish } = createRecorderWorld({ flushIntervalMs: 1 });
    const failure = new Error('the store is away');
    hold();
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    await first;
    const second = nextWrite();

    finish(failure);
    await second;

    finish();
    await recorder.close();
    expect(failures).to.deep.equal([failure]);
    expect(recorded).to.deep.equal([[use(H1, 1_000)], [use(H1, 1_000)]]);
  });

  it('gives way to a newer use that came meanwhile, and not to an older one', async () => {
    const { recorder, recorded, hold, nextWrite, finish } = createRecorderWorld({ flushIntervalMs: 1 });
    hold();
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    recorder.record(H2, M1, 2_000);
    await first;
    recorder.record(H1, M1, 3_000);
    recorder.record(H2, M1, 500);
    const second = nextWrite();

    finish(new Error('the store is away'));
    await second;

    finish();
    await recorder.close();
    expect(recorded.at(-1)).to.have.deep.members([use(H1, 3_000), use(H2, 2_000)]);
  });

  it('is tried again on close', async () => {
    const { recorder, recorded, hold, nextWrite, finish } = createRecorderWorld({ flushIntervalMs: 1 });
    hold();
    const first = nextWrite();
    recorder.record(H1, M1, 1_000);
    await first;
    const second = nextWrite();
    const closing = recorder.close();

    finish(new Error('the store is away'));
    await second;

    finish();
    await closing;
    expect(recorded).to.have.length(2);
  });

  it('does not make close fail, nor go on for ever', async () => {
    const { recorder, recorded, failures, hold, nextWrite, finish } = createRecorderWorld();
    hold();
    const began = nextWrite();
    recorder.record(H1, M1, 1_000);
    const closing = recorder.close();
    await began;

    finish(new Error('the store is away'));
    await closing;

    expect(failures).to.have.length(1);
    expect(recorded).to.have.length(1);
  });
});
