import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '../temporary-directory.ts';

/** A pipe that is full, and that is not read until the test does. */
export interface StalledPipe {
  /** Where the pipe has a name: the process that opens it writes to it. */
  readonly path: string;
  /** A writing end that blocks, as processes are given one. */
  readonly writingEnd: number;
  /** Takes out what is in the pipe now, without what it was filled with. */
  read(): string;
  /** Closes the reading end. */
  stopReading(): void;
  /** Opens a reading end again. */
  readAgain(): void;
  remove(): void;
}

/** What the pipe is filled with: lines of this. */
const FILLING = `${'#'.repeat(1023)}\n`;

export function createStalledPipe(): StalledPipe {
  const directory = createTemporaryDirectory();
  const path = join(directory.path, 'pipe');
  execFileSync('mkfifo', [path]);
  const openReader = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let reader: number | undefined = openReader();
  const writingEnd = openSync(path, 'w');
  fill(path);

  return {
    path,
    writingEnd,
    read() {
      const bytes = Buffer.alloc(1 << 20);
      let text = '';
      try {
        for (;;) {
          const length = readSync(reader ?? -1, bytes);
          if (length === 0) break;
          text += bytes.toString('utf8', 0, length);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      return text.replaceAll(/#+\n?/g, '');
    },
    stopReading() {
      if (reader !== undefined) closeSync(reader);
      reader = undefined;
    },
    readAgain() {
      reader = openReader();
    },
    remove() {
      closeSync(writingEnd);
      if (reader !== undefined) closeSync(reader);
      directory.remove();
    },
  };
}

function fill(path: string): void {
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(writer, FILLING);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  } finally {
    closeSync(writer);
  }
}
