import type { MonotonicClock } from '../../src/core/clock.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { Steps } from './steps.ts';

/**
 * One life of an instance's process, from its start to its crash. Whatever reaches its code from outside (a reply, the
 * end of a sleep, a closed connection) arrives through here, so that a pause holds it up and a crash ends it.
 */
export interface ProcessLife {
  readonly name: string;
  /** Monotonic, at this machine's own rate. It goes on while the process is paused. */
  readonly clock: MonotonicClock;
  readonly crashed: boolean;
  /** Resolves when it is this event's turn in the process; never after a crash. */
  arrive(what: string): Promise<void>;
  pause(): void;
  resume(): void;
  crash(): void;
  /** Calls back when the process crashes. */
  onCrash(callback: () => void): void;
}

export interface ProcessLifeOptions {
  readonly name: string;
  readonly time: SimulatedTime;
  readonly steps: Steps;
  /** How fast its clock runs: 1 is as fast as the simulated time. */
  readonly clockRate: number;
}

export function startProcessLife({ name, time, steps, clockRate }: ProcessLifeOptions): ProcessLife {
  let state: 'running' | 'paused' | 'crashed' = 'running';
  let heldUp: (() => void)[] = [];
  const crashCallbacks: (() => void)[] = [];

  /** What was held up arrives in an order that is drawn anew. */
  async function arrive(what: string): Promise<void> {
    await steps.turn(`${name}: ${what}`);
    while (state === 'paused') {
      await new Promise<void>((resolve) => heldUp.push(resolve));
      await steps.turn(`${name}: ${what}`);
    }
    if (state === 'crashed') await new Promise(() => undefined);
  }

  function letGo(): void {
    const waiting = heldUp;
    heldUp = [];
    for (const goOn of waiting) goOn();
  }

  const clock: MonotonicClock = {
    nowMs: () => time.nowMs() * clockRate,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = () => {
          signal.removeEventListener('abort', end);
          resolve();
        };
        const cancel = time.after(ms / clockRate, () => void arrive('a sleep ends').then(wake));
        const end = () => {
          cancel();
          resolve();
        };
        signal.addEventListener('abort', end, { once: true });
      }),
  };

  return {
    name,
    clock,
    get crashed() {
      return state === 'crashed';
    },
    arrive,
    pause() {
      if (state === 'running') state = 'paused';
    },
    resume() {
      if (state === 'paused') state = 'running';
      letGo();
    },
    crash() {
      state = 'crashed';
      heldUp = [];
      for (const callback of crashCallbacks) callback();
    },
    onCrash: (callback) => void crashCallbacks.push(callback),
  };
}
