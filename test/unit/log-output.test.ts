import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogOutput, type LogOutput } from '../../src/ops/log-output.ts';
import { createStalledPipe, type StalledPipe } from '../../testkit/service/stalled-pipe.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const RECOVERY = { timeoutMs: 5_000 };
const MAX_QUEUED_BYTES = 10_000;

describe('The output of the log', () => {
  let pipe: StalledPipe;
  let output: LogOutput;
  let descriptor: number | undefined;
  let dropped: number;

  function createOutput(open: () => number, maxQueuedBytes = MAX_QUEUED_BYTES): LogOutput {
    return createLogOutput({
      open: () => {
        descriptor = open();
        return descriptor;
      },
      maxQueuedBytes,
      onDropped: () => dropped++,
      droppedLine: (count) => `dropped ${count}\n`,
      retryMs: 1,
      flushTimeoutMs: 50,
    });
  }

  function openPipe(): number {
    return openSync(pipe.path, constants.O_WRONLY | constants.O_NONBLOCK);
  }

  beforeEach(() => {
    pipe = createStalledPipe();
    descriptor = undefined;
    dropped = 0;
    output = createOutput(openPipe);
  });

  afterEach(() => {
    if (descriptor !== undefined) closeSync(descriptor);
    pipe.remove();
  });

  /** Reads until the text has come. */
  async function readUntil(text: string): Promise<string> {
    let all = '';
    return await waitUntil(
      `${text} comes`,
      () => {
        all += pipe.read();
        if (!all.includes(text)) throw new Error(`only ${all.length} characters came`);
        return all;
      },
      RECOVERY,
    );
  }

  it('writes a line before it returns where the reader takes it, and opens nothing before', () => {
    pipe.read();
    const openBefore = descriptor;

    output.write('one\n');
    output.write('two\n');

    expect(openBefore).to.equal(undefined);
    expect(pipe.read()).to.equal('one\ntwo\n');
  });

  it('keeps lines in their order, up to the limit, for a reader that reads later', async () => {
    const lines = Array.from({ length: 50 }, (_, n) => `${n} ${'ä'.repeat(50)}\n`);

    for (const line of lines) output.write(line);
    const read = await readUntil(lines.at(-1) ?? '');

    expect(read).to.equal(lines.join(''));
    expect(dropped).to.equal(0);
  });

  it('drops what comes beyond the limit, counts it, and says so once lines flow again', async () => {
    const line = `${'x'.repeat(99)}\n`;

    for (let n = 0; n < 1_000; n++) output.write(line);
    const droppedMeanwhile = dropped;
    const read = await readUntil('dropped ');
    output.write('after\n');

    expect(droppedMeanwhile).to.equal(1_000 - MAX_QUEUED_BYTES / 100);
    expect(read).to.equal(`${line.repeat(MAX_QUEUED_BYTES / 100)}dropped ${droppedMeanwhile}\n`);
    expect(pipe.read()).to.equal('after\n');
    expect(dropped).to.equal(droppedMeanwhile);
  });

  it('goes on in the middle of a line that a full pipe took in part', async () => {
    const roomy = createOutput(openPipe, 1_000_000);
    const lines = Array.from({ length: 100 }, (_, n) => `${n} ${'y'.repeat(5_000)}\n`);
    pipe.read();

    for (const line of lines) roomy.write(line);
    const read = await readUntil(lines.at(-1) ?? '');

    const numbers = read.split('\n').map((line) => `${Number.parseInt(line, 10)} ${line.length}`);
    expect(numbers.slice(0, -1)).to.deep.equal(lines.map((line, n) => `${n} ${line.length - 1}`));
  });

  it('goes on when a reader has gone and another comes', async () => {
    pipe.read();
    output.write('first\n');
    const first = pipe.read();

    pipe.stopReading();
    output.write('second\n');
    pipe.readAgain();

    expect(first).to.equal('first\n');
    expect(await readUntil('second\n')).to.equal('second\n');
  });

  it('bears a disk that is full, and gives up at once at the end', () => {
    const full = createOutput(() => openSync('/dev/full', 'w'));

    for (let n = 0; n < 1_000; n++) full.write(`${'x'.repeat(99)}\n`);
    full.flush();

    expect(dropped).to.equal(900);
  });

  it('bears a descriptor that cannot be opened', () => {
    const missing = createOutput(() => openSync('/nowhere/log', 'w'));

    missing.write('line\n');
    missing.flush();

    expect(dropped).to.equal(0);
  });

  it('writes to a file whatever is written to it, before it returns', () => {
    const directory = createTemporaryDirectory();
    const path = join(directory.path, 'log');
    const file = createOutput(() => openSync(path, 'a'));
    const lines = Array.from({ length: 1_000 }, (_, n) => `line ${n}\n`).join('');

    file.write(lines.repeat(2).slice(0, MAX_QUEUED_BYTES));

    expect(readFileSync(path, 'utf8')).to.equal(lines.repeat(2).slice(0, MAX_QUEUED_BYTES));
    directory.remove();
  });

  it('waits at the end for a reader that reads on, and not for long for one that does not', () => {
    output.write('last\n');
    const startedAtMs = performance.now();

    output.flush();
    const waitedMs = performance.now() - startedAtMs;
    const filling = pipe.read();
    output.flush();

    expect(waitedMs).to.be.within(45, 3_000);
    expect(filling).to.equal('');
    expect(pipe.read()).to.equal('last\n');
  });
});
