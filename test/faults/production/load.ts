import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../testkit/cluster/cluster.ts';
import type { History } from '../../../testkit/history/history.ts';
import { startWorkload } from '../../../testkit/history/workload.ts';
import { signToken } from '../../../testkit/service/tokens.ts';

export interface LoadOptions {
  /** The indexes of the instances that it calls; all by default. */
  readonly instances?: readonly number[];
  /** How many merchants it works with; 3 by default. */
  readonly merchants?: number;
  /** How many loops validate as fast as they can; 3 by default. */
  readonly validators?: number;
}

/** The seeded workload that runs while a fault is injected. */
export interface Load {
  /** Waits until so many calls have ended from now on, at the most `timeoutMs` milliseconds. */
  pass(calls: number, timeoutMs: number): Promise<void>;
  /** Lets the calls end that are under way, and asks every instance once more about the latest keys. */
  stop(): Promise<History>;
}

/** Above the service's own limits in the faults that are tried here. */
const CHANGE_DEADLINE_MS = 15_000;
const CHANGE_PAUSE_MS = 100;
const POLL_MS = 20;

/** Its merchants are its own: a scenario's must not begin with `load-`. */
export async function startLoad(cluster: Cluster, seed: number, options: LoadOptions = {}): Promise<Load> {
  const { merchants = 3, validators = 3, instances } = options;
  const called = instances?.map((index) => cluster.instance(index)) ?? cluster.instances;
  const workload = startWorkload({
    endpoints: called.map(({ name, grpcAddress }) => ({ name, address: grpcAddress })),
    token: await signToken(),
    seed,
    merchants,
    merchantPrefix: 'load-',
    changePauseMs: CHANGE_PAUSE_MS,
    validators,
    changeDeadlineMs: CHANGE_DEADLINE_MS,
  });

  return {
    async pass(calls, timeoutMs) {
      const goal = workload.history().length + calls;
      const deadlineMs = performance.now() + timeoutMs;
      while (workload.history().length < goal && performance.now() < deadlineMs) await delay(POLL_MS);
    },
    stop: () => workload.stop(),
  };
}
