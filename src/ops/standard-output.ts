import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const STDOUT = 1;

/**
 * A descriptor of standard output on which a write never waits for the reader: it fails with EAGAIN instead.
 *
 * `O_NONBLOCK` belongs to the open file, which other processes may share (the shell, npm, standard error after `2>&1`).
 * So a pipe or a terminal is opened anew where the system can do that (Linux); on sockets, on macOS (where `/dev/fd/1`
 * is the same open file) and on a pipe of another user, the flag is set on what is there. That is what every Node
 * process does which prints to a pipe, and Node restores it when it exits. Files have no such flag: their writes go to
 * the system's cache. Not covered: a terminal on macOS whose output is held, and a network file system that hangs.
 */
export function openStandardOutput(): number {
  const kind = fstatSync(STDOUT);
  if (kind.isFIFO() || isatty(STDOUT)) {
    try {
      return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // There is no such file system, or no permission to open the pipe.
    }
  }
  if (kind.isFIFO() || kind.isSocket()) setNonBlocking();
  return STDOUT;
}

/** The stream sets the flag when it is made; nothing is ever written to it. */
function setNonBlocking(): void {
  void process.stdout;
}
