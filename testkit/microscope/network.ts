import type { Random } from '../mulberry32.ts';
import type { ProcessLife } from './process-life.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { Steps } from './steps.ts';

/** How often messages go astray, each from 0 to 1. */
export interface NetworkWeather {
  /** A request or a reply is lost, and its sender hears of it when it gives up, or at once. */
  readonly lost: number;
  /** A request or a reply is held up for a drawn time of up to `latestMs`. */
  readonly late: number;
  readonly latestMs: number;
  /** A command of which every other request and reply is held up for up to `ms`. */
  readonly slow: { readonly what: string; readonly ms: number } | undefined;
}

/** What a command needs to travel. */
export interface CommandOptions {
  readonly what: string;
  /** When the sender gives up, in milliseconds of its own clock. The command may have its effect all the same. */
  readonly timeoutMs: number;
  /** What the sender is answered when it gives up, or hears that the line broke. */
  readonly failure: (what: string) => Error;
  /** Asked when the request arrives and when the reply does: what travels over a cut line is lost. */
  readonly isCut: () => boolean;
}

/** Carries commands to where they have their effect, and replies back, each a step of its own. */
export interface Network {
  send<T>(sender: ProcessLife, options: CommandOptions, effect: () => Promise<T>): Promise<T>;
  /** Calls back in the process when a message about something that happened elsewhere has reached it. */
  notify(receiver: ProcessLife, what: string, callback: () => void): void;
  /** From here on, nothing is lost or late. */
  calm(): void;
}

export interface NetworkOptions {
  readonly time: SimulatedTime;
  readonly steps: Steps;
  readonly random: Random;
  readonly weather: NetworkWeather;
}

const SOON_MS = 50;
const CALM: NetworkWeather = { lost: 0, late: 0, latestMs: 0, slow: undefined };

export function createNetwork({ time, steps, random, weather: first }: NetworkOptions): Network {
  let weather = first;

  /** Resolves to whether the message gets through. */
  async function travel(what: string): Promise<boolean> {
    if (what === weather.slow?.what && random.next() < 0.5) {
      const delayMs = 1 + random.below(weather.slow.ms);
      await new Promise<void>((resolve) => time.after(delayMs, resolve));
    } else if (random.next() < weather.late) {
      // Half of them still in time for somebody who waits.
      const delayMs = 1 + random.below(random.next() < 0.5 ? SOON_MS : weather.latestMs);
      await new Promise<void>((resolve) => time.after(delayMs, resolve));
    }
    return random.next() >= weather.lost;
  }

  async function carry<T>(
    sender: ProcessLife,
    { what, isCut, failure }: CommandOptions,
    effect: () => Promise<T>,
    answer: (settle: () => void) => void,
    handlers: { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void },
  ): Promise<void> {
    const { resolve, reject } = handlers;
    const breaks = () => random.next() < 0.5;
    const lose = async () => {
      if (!breaks()) return;
      await sender.arrive(`${what}: the line breaks`);
      answer(() => reject(failure(what)));
    };
    const requestArrives = await travel(what);
    await steps.turn(`${sender.name}: ${what}: effect`);
    if (!requestArrives || isCut()) return lose();
    const settle = await effect().then(
      (value) => () => resolve(value),
      (error: unknown) => () => reject(error),
    );
    if (!(await travel(what))) return lose();
    await sender.arrive(`${what}: reply`);
    if (!isCut()) answer(settle);
  }

  return {
    send: (sender, options, effect) =>
      new Promise((resolve, reject) => {
        let answered = false;
        const answer = (settle: () => void) => {
          if (answered) return;
          answered = true;
          cancel();
          settle();
        };
        const giveUp = () => answer(() => reject(options.failure(options.what)));
        const cancel = time.after(options.timeoutMs, () => {
          if (!answered) void sender.arrive(`${options.what}: given up`).then(giveUp);
        });
        void carry(sender, options, effect, answer, { resolve, reject });
      }),

    notify(receiver, what, callback) {
      void travel(what)
        .then(() => receiver.arrive(what))
        .then(callback);
    },

    calm() {
      weather = CALM;
    },
  };
}
