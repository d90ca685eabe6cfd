import { fstatSync, type Stats, statSync } from 'node:fs';
import { lockPathOf } from './file.ts';
import { readHeader } from './page.ts';

/** Longest time between two looks of {@link LmdbFileGuard.glance}: a look costs as much as a lookup. */
const GLANCE_INTERVAL_MS = 1;

type FileState = Pick<Stats, 'dev' | 'ino' | 'size'>;

/** Which files a store consists of, whatever stands at their paths later. */
export interface FileIdentity {
  readonly file: FileState;
  readonly locks: FileState;
}

/** The store's file is not any more what it was: it was deleted, replaced or cut off while the service ran. */
export class StoreLostError extends Error {
  override readonly name = 'StoreLostError';
}

/** Notices that a store's file was removed or replaced while the service runs. */
export interface LmdbFileGuard {
  /**
   * Looks at everything: the file, what its path leads to, and the locks.
   *
   * @throws StoreLostError from then on
   */
  check(): void;

  /**
   * For each lookup: looks at the file's length and whether it was deleted, at most once in a millisecond. In between,
   * a file that is cut off still ends the process (SIGBUS): lmdb reads by memory map, and nothing can catch that here.
   *
   * @throws StoreLostError from then on
   */
  glance(): void;
}

export interface LmdbFileGuardOptions {
  readonly path: string;
  /** Of the file; open as long as the guard is in use. */
  readonly fd: number;
  readonly identity: FileIdentity;
  /** Is called once, when the loss is noticed. */
  readonly onLost?: ((error: StoreLostError) => void) | undefined;
}

/** @param fd of the file; its locks have to be there already */
export function identify(path: string, fd: number): FileIdentity {
  // The locks are never opened here: closing them would release lmdb's own lock on them (POSIX, fcntl).
  return { file: stateOf(fstatSync(fd)), locks: stateOf(statSync(lockPathOf(path))) };
}

function stateOf({ dev, ino, size }: Stats): FileState {
  return { dev, ino, size };
}

export function createLmdbFileGuard({ path, fd, identity, onLost }: LmdbFileGuardOptions): LmdbFileGuard {
  let size = identity.file.size;
  let txnId = 0n;
  let lost: StoreLostError | undefined;
  let lastGlanceAtMs = Number.NEGATIVE_INFINITY;

  function lose(what: string): never {
    lost = new StoreLostError(`${path} ${what} while the service ran; restore it and restart the service`);
    onLost?.(lost);
    throw lost;
  }

  function checkFile(): void {
    if (lost !== undefined) throw lost;
    const stats = fstatSync(fd);
    if (stats.nlink === 0) lose('was deleted or replaced');
    // lmdb never makes its file shorter.
    if (stats.size < size) lose('was cut off');
    size = stats.size;
  }

  return {
    check() {
      checkFile();
      if (!isSame(statSync(path, { throwIfNoEntry: false }), identity.file)) lose('was moved or replaced');
      const locks = statSync(lockPathOf(path), { throwIfNoEntry: false });
      // Without common locks, two services would write into each other's changes.
      if (!isSame(locks, identity.locks) || locks.size < identity.locks.size) lose('has lost the file of its locks');
      const header = readHeader(fd);
      if (header === undefined || header.txnId < txnId) lose('was overwritten');
      txnId = header.txnId;
    },

    glance() {
      const nowMs = performance.now();
      if (nowMs - lastGlanceAtMs < GLANCE_INTERVAL_MS && lost === undefined) return;
      lastGlanceAtMs = nowMs;
      checkFile();
    },
  };
}

function isSame(stats: Stats | undefined, { dev, ino }: FileState): stats is Stats {
  return stats !== undefined && stats.dev === dev && stats.ino === ino;
}
