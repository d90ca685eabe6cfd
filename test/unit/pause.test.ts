import { expect } from 'chai';
import { createPause } from '../../src/cache/pause.ts';

describe('A pause', () => {
  it('ends by itself, also when no time is left', async () => {
    const pause = createPause();

    const waits = await Promise.all([pause.wait(1), pause.wait(0), pause.wait(-1_000)]);

    expect(waits).to.have.length(3);
  });

  it('can be ended early, for everybody who waits', async () => {
    const pause = createPause();
    const waits = [pause.wait(3_600_000), pause.wait(3_600_000)];

    pause.end();

    await Promise.all(waits);
  });

  it('can be used again after it was ended', async () => {
    const pause = createPause();
    pause.end();
    let over = false;
    const wait = pause.wait(3_600_000).then(() => {
      over = true;
    });

    await new Promise((resolve) => setImmediate(resolve));
    const overBeforeItsEnd = over;

    pause.end();
    await wait;
    expect(overBeforeItsEnd).to.equal(false);
  });
});
