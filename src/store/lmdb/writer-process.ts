import { openSync } from 'node:fs';
import { TransactionFlags } from 'lmdb';
import { applyChange, type LmdbChange, type LmdbDatabases, openDatabases } from './databases.ts';
import { createLmdbFileGuard, type FileIdentity } from './file-guard.ts';
import { isStoreFailure, StoreFailure } from './store-failure.ts';
import type { BatchFailure, BatchReply } from './writer.ts';

/**
 * The process that writes: `writer-process.ts <path> <identity of the file, as JSON>`. It answers each batch of
 * changes that its parent sends, and ends with the parent.
 *
 * A process of its own, since lmdb (lmdb-js 3.5.6) does not survive a write that fails:
 *
 * - A failing write of a page overflows a buffer: `mdb_page_flush` prints up to 122 characters into `malloc(100)`. What
 *   this damages is unknown, so the process ends there and then, before it could write anything more, and another one
 *   takes its place. The process that reads is not concerned.
 * - Its asynchronous transactions reject a promise that no caller can have handled, keep their lock for ever where they
 *   can't begin, and count a change as flushed although the last step of the flush has failed. Here they are the
 *   synchronous ones: they report each failure, and no reader sees a change before it is on disk.
 *
 * See https://github.com/kriszyp/lmdb-js/issues/294 for what a failed commit did to others.
 */
const [path = '', identity = ''] = process.argv.slice(2);
const guard = createLmdbFileGuard({ path, fd: openSync(path, 'r'), identity: JSON.parse(identity) as FileIdentity });
let databases: LmdbDatabases | undefined;

// A signal to the group is for the parent: it still writes what was promised, and then lets this process end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (changes: readonly LmdbChange[]) => {
  const reply = write(changes);
  process.send?.(reply, () => {
    if ('error' in reply) process.kill(process.pid, 'SIGKILL');
  });
});

function write(changes: readonly LmdbChange[]): BatchReply {
  try {
    guard.check();
    databases ??= openDatabases(path);
  } catch (error) {
    return toFailure(error, 'unchanged');
  }
  let results: boolean[];
  try {
    results = commit(databases, changes);
  } catch (error) {
    return toFailure(error, canBegin(databases) ? 'unchanged' : 'unknown');
  }
  try {
    // The change is acknowledged only if it is found in the file that is there now.
    guard.check();
  } catch (error) {
    return toFailure(error, 'unknown');
  }
  return { results };
}

/** Resolves each change to whether the merchant ever had a key. All of them are on disk then. */
function commit(open: LmdbDatabases, changes: readonly LmdbChange[]): boolean[] {
  return open.root.transactionSync(() => {
    if (!hasBegun(open)) throw new StoreFailure('no transaction can be begun');
    return changes.map((change) => applyChange(open, change));
  }, TransactionFlags.SYNCHRONOUS_COMMIT);
}

/** lmdb does not say so itself when a transaction can't begin, but has no id for it. */
function hasBegun({ root }: LmdbDatabases): boolean {
  return root.getWriteTxnId() !== 0;
}

/**
 * lmdb refuses further transactions after a failure in the very last step, and only then it is not known whether the
 * change is there; after one in any step before, the transaction has vanished as a whole.
 */
function canBegin(open: LmdbDatabases): boolean {
  let began = false;
  try {
    open.root.transactionSync(() => {
      began = hasBegun(open);
      throw new Error('only to see whether it begins');
    }, TransactionFlags.SYNCHRONOUS_COMMIT);
  } catch {
    // Always: nothing is to be committed.
  }
  return began;
}

/** @param outcome what became of the batch, where it was the store that failed */
function toFailure(thrown: unknown, outcome: BatchFailure['outcome']): BatchFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { error, outcome: isStoreFailure(error) ? outcome : 'program_error' };
}
