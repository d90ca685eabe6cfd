import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openDatabases } from './databases.ts';
import { hasEveryPage, readHeader } from './page.ts';

/** What is allowed to others than the owner. */
const OTHERS = 0o077;
/** Looks at a file that is being changed; none of them waits. */
const MAX_LOOKS = 20;
/** More than an empty store takes. */
const NEW_STORE_BYTES = 262_144;
/** Room for some 250 readers, each a process; lmdb takes its number from the size. */
const LOCKS_BYTES = 16_384;

/** lmdb's name for the file of locks beside a store's file. */
export function lockPathOf(path: string): string {
  return `${path}-lock`;
}

/**
 * Makes sure that a store's file is there, whole, and its owner's alone, before it is mapped: on a file that is cut off
 * or not its own, lmdb ends the process (SIGBUS, SIGSEGV). An empty directory gets a new store.
 *
 * @param dataDir made where it is missing, for the owner alone
 * @returns the path of the file
 * @throws Error when there is something else than a whole store, or it can't be used
 */
export function prepareStoreFile(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'keys.lmdb');
  // The locks first: a store's file is always there before them.
  const hadLocks = statIfThere(lockPathOf(path)) !== undefined;
  if (statIfThere(path) === undefined) {
    if (hadLocks) {
      throw new Error(
        `${path} is missing, and the file of its locks is there: restore it, or remove ${lockPathOf(path)} too to begin with an empty store`,
      );
    }
    makeStoreFile(path, dataDir);
  }
  refuseBrokenFile(path);
  if (!hadLocks) makeLocksFile(path);
  for (const file of [path, lockPathOf(path)]) tighten(file);
  return path;
}

/** Written aside and linked into place: no process ever sees a store that is half made. */
function makeStoreFile(path: string, dataDir: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    // Fails with a clear error where there is no room; lmdb may end the process then.
    writeFileSync(aside, Buffer.alloc(NEW_STORE_BYTES), { mode: 0o600 });
    rmSync(aside);
    // Without writes under way, `close` has closed when it returns.
    void openDatabases(aside).root.close();
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    for (const file of [aside, lockPathOf(aside)]) rmSync(file, { force: true });
  }
  // The name, too, has to survive a loss of power.
  const directory = openSync(dataDir, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** lmdb would make it without its blocks, and be ended (SIGBUS) by a full disk as soon as it uses it. */
function makeLocksFile(path: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    writeFileSync(aside, Buffer.alloc(LOCKS_BYTES), { mode: 0o600 });
    linkSync(aside, lockPathOf(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function refuseBrokenFile(path: string): void {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  if (stats.size === 0) {
    throw new Error(`${path} is empty: it was cut off; restore it, or remove it and ${lockPathOf(path)}`);
  }
  const fd = openSync(path, 'r');
  try {
    for (let look = 1; look <= MAX_LOOKS; look++) {
      const header = readHeader(fd);
      if (header === undefined) throw new Error(`${path} is not a key store`);
      if (statSync(path).size >= (Number(header.lastPage) + 1) * header.pageBytes || hasEveryPage(fd, header)) return;
      // Another process may have changed what was just read.
      if (readHeader(fd)?.txnId === header.txnId) break;
    }
    throw new Error(`${path} is cut off: pages are missing at its end; restore it`);
  } finally {
    closeSync(fd);
  }
}

/** An old store may be readable by all: it holds no plaintext key, but merchants and their key prefixes. */
function tighten(path: string): void {
  const stats = statIfThere(path);
  if (stats === undefined || (stats.mode & OTHERS) === 0) return;
  try {
    chmodSync(path, stats.mode & 0o700);
  } catch (cause) {
    throw new Error(`${path} is accessible to others than its owner, and that can't be changed`, { cause });
  }
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
