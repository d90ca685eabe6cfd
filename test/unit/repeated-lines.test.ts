import { expect } from 'chai';
import { createRepeatedLines, type RepeatedLevel, type RepeatedLines } from '../../src/ops/repeated-lines.ts';

const INTERVAL_MS = 1_000;

/** Timers that go off only when the test says so, and the lines that were written. */
function createWorld() {
  const lines: string[] = [];
  let nowMs = 0;
  let timers: { readonly dueMs: number; readonly callback: () => void }[] = [];
  const write = (level: RepeatedLevel) => (members: object, message: string) =>
    void lines.push(`${nowMs} ${level} ${message} ${JSON.stringify(members)}`);
  const repeated: RepeatedLines = createRepeatedLines(
    { info: write('info'), warn: write('warn'), error: write('error') },
    {
      intervalMs: INTERVAL_MS,
      startTimer(callback, ms) {
        const timer = { dueMs: nowMs + ms, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((one) => one !== timer);
        };
      },
    },
  );
  return {
    repeated,
    lines,
    timerCount: () => timers.length,
    /** Lets the time go on, timer by timer. */
    advance(ms: number) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        nowMs = next.dueMs;
        timers = timers.filter((one) => one !== next);
        next.callback();
      }
      nowMs = endMs;
    },
  };
}

describe('Lines that repeat', () => {
  it('are logged at once the first time, and then once a second, the latest with the count', () => {
    const { repeated, lines, advance } = createWorld();

    repeated.log('warn', 'a', { n: 1 }, 'refused');
    repeated.log('warn', 'a', { n: 2 }, 'refused');
    advance(400);
    repeated.log('warn', 'a', { n: 3 }, 'refused');
    advance(600);
    repeated.log('warn', 'a', { n: 4 }, 'refused');
    advance(5_000);

    expect(lines).to.deep.equal([
      '0 warn refused {"n":1,"count":1}',
      '1000 warn refused {"n":3,"count":2}',
      '2000 warn refused {"n":4,"count":1}',
    ]);
  });

  it('begin anew after a second without any, and leave no timer then', () => {
    const { repeated, lines, advance, timerCount } = createWorld();

    repeated.log('error', 'a', {}, 'failed');
    advance(1_500);
    const timersWhenQuiet = timerCount();
    repeated.log('error', 'a', {}, 'failed');

    expect(timersWhenQuiet).to.equal(0);
    expect(lines).to.deep.equal(['0 error failed {"count":1}', '1500 error failed {"count":1}']);
  });

  it('are limited kind by kind', () => {
    const { repeated, lines, advance } = createWorld();

    for (const kind of ['a', 'b', 'a', 'b', 'a']) repeated.log('warn', kind, { kind }, 'refused');
    advance(1_000);

    expect(lines).to.deep.equal([
      '0 warn refused {"kind":"a","count":1}',
      '0 warn refused {"kind":"b","count":1}',
      '1000 warn refused {"kind":"a","count":2}',
      '1000 warn refused {"kind":"b","count":1}',
    ]);
  });

  it('lose no count when the service stops in between, nor what comes after that', () => {
    const { repeated, lines, timerCount } = createWorld();

    for (let n = 1; n <= 3; n++) repeated.log('warn', 'a', { n }, 'refused');
    repeated.close();
    repeated.log('warn', 'a', { n: 4 }, 'refused');

    expect(lines).to.deep.equal([
      '0 warn refused {"n":1,"count":1}',
      '0 warn refused {"n":3,"count":2}',
      '0 warn refused {"n":4,"count":1}',
    ]);
    expect(timerCount()).to.equal(0);
  });

  it('stay few, and use little memory, whatever the number of kinds', () => {
    const { repeated, lines, advance, timerCount } = createWorld();

    for (let kind = 0; kind < 10_000; kind++) repeated.log('warn', `kind ${kind}`, {}, 'refused');
    const timers = timerCount();
    advance(1_000);

    expect(timers).to.equal(101);
    expect(lines).to.have.length(102);
    expect(lines.at(-1)).to.equal('1000 warn refused {"count":9899}');
  });
});
