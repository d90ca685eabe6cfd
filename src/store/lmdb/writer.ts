import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { outcomeUnknown, ServiceError } from '../../core/errors.ts';
import type { LmdbChange } from './databases.ts';
import type { FileIdentity } from './file-guard.ts';
import { StoreFailure } from './store-failure.ts';

/** What became of a batch: all of it is on disk, or none of it, or it is unknown. */
export type BatchReply = { readonly results: readonly boolean[] } | BatchFailure;

export interface BatchFailure {
  readonly error: Error;
  /** What the store has of the batch; `program_error` where it was not the store that failed. */
  readonly outcome: 'unchanged' | 'unknown' | 'program_error';
}

/** Writes changes in batches: those that wait while one batch is being written are the next one. */
export interface LmdbWriter {
  /**
   * Resolves when the change is on disk, to whether the merchant ever had a key.
   *
   * @throws ServiceError `unavailable` when nothing was changed, `outcome_unknown` when that is not known
   * @throws Error of this program, as it is
   */
  write(change: LmdbChange): Promise<boolean>;
  /** Writes what waits, and ends the process that writes. */
  close(): Promise<void>;
}

interface Waiting {
  readonly change: LmdbChange;
  readonly resolve: (everHadKey: boolean) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Most changes in a batch. All of a batch fail together, and lmdb keeps the pages of a transaction in memory; more in
 * one bring no more a second.
 */
const MAX_BATCH = 1_000;
/**
 * How long changes are refused after a batch that failed. Each attempt costs a process: without a pause, changes that
 * can't succeed would take the processor from the reads.
 */
const PAUSE_MS = 500;

/** Writes by a process of its own: see `writer-process.ts` for why. It is started at once. */
export function createLmdbWriter(path: string, identity: FileIdentity): LmdbWriter {
  let waiting: Waiting[] = [];
  /** What the process is writing. */
  let batch: Waiting[] = [];
  let child: ChildProcess | undefined = start();
  let pauseEndsAtMs = 0;
  let lastFailure = '';
  let scheduled = false;
  let closed = false;
  let onIdle: (() => void) | undefined;

  function start(): ChildProcess {
    const started = startProcess(path, identity, {
      onReply(reply) {
        if (child !== started) return;
        // It ends itself after a failure.
        if ('error' in reply) child = undefined;
        settle(reply);
      },
      onEnd(error) {
        if (child !== started) return;
        child = undefined;
        if (batch.length > 0) settle({ error: new StoreFailure(error), outcome: 'unknown' });
      },
    });
    return started;
  }

  /** At the end of the turn of the event loop: the changes of one turn are one batch. */
  function schedule(): void {
    if (scheduled || batch.length > 0) return;
    scheduled = true;
    setImmediate(writeNext);
  }

  function writeNext(): void {
    scheduled = false;
    if (waiting.length === 0) {
      if (child !== undefined) holdOpen(child, false);
      onIdle?.();
      return;
    }
    batch = waiting.slice(0, MAX_BATCH);
    waiting = waiting.slice(MAX_BATCH);
    if (performance.now() < pauseEndsAtMs) {
      settle({ error: new StoreFailure(`a moment ago: ${lastFailure}`), outcome: 'unchanged' });
      return;
    }
    child ??= start();
    holdOpen(child, true);
    const changes = batch.map(({ change }) => change);
    child.send(changes, (error) => {
      if (error !== null) child?.kill('SIGKILL');
    });
  }

  function settle(reply: BatchReply): void {
    const written = batch;
    batch = [];
    if ('results' in reply) {
      for (const [index, { resolve }] of written.entries()) resolve(reply.results[index] === true);
    } else {
      if (performance.now() >= pauseEndsAtMs) {
        pauseEndsAtMs = performance.now() + PAUSE_MS;
        lastFailure = reply.error.message;
      }
      for (const { reject } of written) reject(toWriteError(reply));
    }
    schedule();
  }

  return {
    write: (change) =>
      new Promise((resolve, reject) => {
        if (closed) throw toWriteError({ error: new StoreFailure('the store is closed'), outcome: 'unchanged' });
        waiting.push({ change, resolve, reject });
        schedule();
      }),

    async close() {
      closed = true;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        schedule();
      });
      const ending = child;
      child = undefined;
      if (ending !== undefined) await endProcess(ending);
    },
  };
}

interface ProcessEvents {
  readonly onReply: (reply: BatchReply) => void;
  readonly onEnd: (error: string) => void;
}

function startProcess(path: string, identity: FileIdentity, { onReply, onEnd }: ProcessEvents): ChildProcess {
  const started = fork(join(import.meta.dirname, 'writer-process.ts'), [path, JSON.stringify(identity)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  started.on('message', onReply);
  started.on('error', (error) => onEnd(error.message));
  started.on('exit', (code, signal) => onEnd(`the process that writes has ended with ${code ?? signal}`));
  holdOpen(started, false);
  return started;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  holdOpen(child, true);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.disconnect();
  await ended;
}

/** Whether the process keeps this one alive: an idle store does not. */
function holdOpen(child: ChildProcess, hold: boolean): void {
  if (hold) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

function toWriteError({ error: cause, outcome }: BatchFailure): Error {
  switch (outcome) {
    case 'unchanged':
      return new ServiceError('unavailable', 'The key store cannot be written at the moment: nothing was changed.', {
        cause,
      });
    case 'unknown':
      return outcomeUnknown(cause);
    case 'program_error':
      return cause;
  }
}
