import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';
import type { DeveloperKeyWork } from './developer-key-worker.ts';

const WORKERS = 4;
/** So many that the openings overlap in some of them, whatever the machine. */
const ROUNDS = 200;

describe('The developer-mode key of a directory that several open for the first time at once', () => {
  let directory: TemporaryDirectory;

  before(() => {
    directory = createTemporaryDirectory();
  });

  after(() => directory.remove());

  it('is one for all of them, the one in the file, and nothing else is left there', async () => {
    const directories = Array.from({ length: ROUNDS }, (_, round) => join(directory.path, `${round}`));
    const arrived = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * ROUNDS));
    const workerData: DeveloperKeyWork = { directories, workers: WORKERS, arrived };

    const workers = Array.from(
      { length: WORKERS },
      () => new Worker(new URL('./developer-key-worker.ts', import.meta.url), { workerData }),
    );
    const answers = workers.map((worker) => once(worker, 'message') as Promise<[readonly string[]]>);
    // Those that wait for one that failed would wait for ever.
    const messages = await Promise.all(answers).finally(() => Promise.all(workers.map((worker) => worker.terminate())));

    const keysByWorker = messages.map(([keys]) => keys);
    for (const [round, path] of directories.entries()) {
      const keyInFile = createPublicKey(readFileSync(join(path, 'developer-key.pem')));
      const pem = keyInFile.export({ type: 'spki', format: 'pem' });
      expect(keysByWorker.map((keys) => keys[round])).to.deep.equal(Array(WORKERS).fill(pem));
      expect(readdirSync(path)).to.deep.equal(['developer-key.pem']);
    }
  });
});
