import type { Scheduler } from 'fast-check';
import type { Random } from '../mulberry32.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** The steps of a simulated world, taken one at a time in an order that fast-check draws. */
export interface Steps {
  /** Resolves when the step that it names is the next one. */
  turn(what: string): Promise<void>;
  /**
   * Takes steps until the condition holds.
   *
   * @throws Error when `limitMs` of simulated time were not enough
   */
  takeUntil(what: string, condition: () => boolean, limitMs: number): Promise<void>;
  /** From here on, time passes only where nothing else is to be done. */
  calm(): void;
  /** How many could be taken next. */
  readonly waiting: number;
  /** How many were taken. */
  readonly taken: number;
}

export interface StepsOptions {
  readonly scheduler: Scheduler<string>;
  readonly time: SimulatedTime;
  readonly random: Random;
  /** How often time may pass while messages are under way, from 0 (what is sent arrives at once) to 1. */
  readonly haste: number;
}

export function createSteps({ scheduler, time, random, haste }: StepsOptions): Steps {
  let taken = 0;
  let calm = false;
  let timeIsWaiting = false;

  /** Time passes as one of the steps: now before a message arrives, and now after it. */
  function offerTime(): void {
    if (timeIsWaiting || (scheduler.count() > 0 && (calm || random.next() >= haste))) return;
    timeIsWaiting = true;
    void scheduler.schedule(Promise.resolve(), 'time passes').then(() => {
      timeIsWaiting = false;
      if (!calm || scheduler.count() === 0) time.pass();
    });
  }

  return {
    turn: (what) => scheduler.schedule(Promise.resolve() as Promise<never>, what),
    async takeUntil(what, condition, limitMs) {
      const endMs = time.nowMs() + limitMs;
      for (;;) {
        await settled();
        if (condition()) return;
        if (time.nowMs() > endMs) throw new Error(`${what}: not within ${limitMs} ms of simulated time`);
        offerTime();
        await scheduler.waitOne();
        taken++;
      }
    },
    calm() {
      calm = true;
    },
    get waiting() {
      return scheduler.count();
    },
    get taken() {
      return taken;
    },
  };
}

/** What a step sets off runs to its end before the next one, as everything between two events of a process does. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
