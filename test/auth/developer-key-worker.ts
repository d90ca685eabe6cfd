import type { KeyObject } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { openDeveloperKey } from '../../src/auth/developer-key.ts';

/** What a worker gets: directories that it opens one after another, each at the moment when all others do. */
export interface DeveloperKeyWork {
  readonly directories: readonly string[];
  readonly workers: number;
  /** One counter of the workers that have arrived, for each directory. */
  readonly arrived: Int32Array;
}

const { directories, workers, arrived } = workerData as DeveloperKeyWork;

/** Waits until all workers are here. */
function meet(round: number): void {
  if (Atomics.add(arrived, round, 1) + 1 === workers) {
    Atomics.notify(arrived, round);
    return;
  }
  for (let seen = Atomics.load(arrived, round); seen < workers; seen = Atomics.load(arrived, round)) {
    Atomics.wait(arrived, round, seen, 10);
  }
}

const publicKeys: (string | Buffer)[] = [];
for (const [round, directory] of directories.entries()) {
  meet(round);
  const { key } = openDeveloperKey(directory).tokenKey;
  publicKeys.push((key as KeyObject).export({ type: 'spki', format: 'pem' }));
}
parentPort?.postMessage(publicKeys);
