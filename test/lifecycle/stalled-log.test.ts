import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { parseLog } from '../../testkit/service/log-lines.ts';
import { createStalledPipe, type StalledPipe } from '../../testkit/service/stalled-pipe.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { DROPPED, PROMPTLY, shareRedirectedService } from './redirected-service.ts';

/** Fills its standard output until nothing more fits for a while. */
const FILL = `
  void process.stdout;
  let fullSinceMs = performance.now();
  const fill = () => {
    try {
      for (;;) { require("fs").writeSync(1, "#".repeat(1023) + "\\n"); fullSinceMs = performance.now(); }
    } catch {
      if (performance.now() - fullSinceMs < 200) setTimeout(fill, 10);
    }
  };
  fill();`;

describe('A service whose standard output is not read', () => {
  const service = shareRedirectedService();
  let pipe: StalledPipe;

  beforeEach(() => {
    pipe = createStalledPipe();
  });

  afterEach(() => pipe.remove());

  for (const [what, isShared] of [
    ['a pipe', false],
    ['a pipe that is standard error too', true],
  ] as const) {
    it(`answers all the same, drops and counts lines, and stops in time (${what})`, async () => {
      await service.start(pipe.writingEnd, { stderr: isShared ? pipe.writingEnd : 'unread' });

      await service.callUntilDropped();

      await service.expectPromptEnd();
    });
  }

  it('answers all the same, drops and counts lines, and stops in time (a socket)', async () => {
    await service.start('unread', { command: `"$1" --eval '${FILL}' && exec "$@"` });

    await service.callUntilDropped();

    await service.expectPromptEnd();
  });

  it('answers all the same, drops and counts lines, and stops in time (a reader that has gone)', async () => {
    await service.start('unread');
    service.child().stdout?.destroy();

    await service.callUntilDropped();

    await service.expectPromptEnd();
  });

  it('gives a reader that reads on every line that was kept, how many were not, and those after', async () => {
    await service.start(pipe.writingEnd);
    await service.callUntilDropped();

    let log = '';
    await waitUntil(
      'the count comes',
      () => {
        log += pipe.read();
        expect(log).to.include(DROPPED);
      },
      PROMPTLY,
    );
    const dropped = await service.droppedLines();
    await service.expectPromptEnd();
    log += pipe.read();

    const lines = parseLog(log);
    expect(lines.filter(({ msg }) => msg === DROPPED).map(({ count }) => count)).to.deep.equal([dropped]);
    expect(lines.map(({ msg }) => msg)).to.include('draining');
    expect([lines[0]?.msg, lines.at(-1)?.msg]).to.deep.equal(['listening', 'stopped']);
  });

  it('ends with exit code 1 where it cannot start, also when it cannot say so', async () => {
    const full = openSync('/dev/full', 'w');
    for (const output of [pipe.writingEnd, full]) {
      await service.run(output, output, { HTTP_PORT: 'none' });

      expect(await once(service.child(), 'exit')).to.deep.equal([1, null]);
    }
    closeSync(full);
  });
});
