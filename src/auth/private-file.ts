import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { basename } from 'node:path';

/** Everything that is not its owner's. */
const OTHERS = 0o077;

/** Without following a link, and without waiting for a writer where the file is a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file that holds a signing key, provided that only its owner can do anything with it, and is the user who runs
 * this process. What is checked is the open file, which cannot be exchanged in between.
 *
 * @param userId the user who runs this process; undefined where the system has no such ids
 * @returns undefined where there is no such file
 * @throws Error whose message names the file without its folder, and says what to do
 */
export function readPrivateFile(path: string, userId: number | undefined): Buffer | undefined {
  const name = basename(path);
  const descriptor = open(path, name);
  if (descriptor === undefined) return undefined;
  try {
    const problem = problemOf(name, fstatSync(descriptor), userId);
    if (problem !== undefined) throw new Error(problem);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string, name: string): number | undefined {
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (cause) {
    switch ((cause as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        return undefined;
      case 'ELOOP':
        throw new Error(`${name} is a symbolic link; put the file itself there, or delete it and a new one is made`, {
          cause,
        });
      case 'EACCES':
        throw new Error(`${name} cannot be read by the user who runs this; run \`chown\` and \`chmod 600\` on it`, {
          cause,
        });
      default:
        throw cause;
    }
  }
}

function problemOf(name: string, stats: Stats, userId: number | undefined): string | undefined {
  if (!stats.isFile()) return `${name} is not a regular file; delete it, and a new one is made`;
  if (userId === undefined) return undefined;
  if (stats.uid !== userId) {
    return `${name} belongs to another user, who can sign tokens with it; delete it, and a new one is made`;
  }
  if ((stats.mode & OTHERS) === 0) return undefined;
  return (
    `others can read or change ${name}, and sign tokens with it; run \`chmod 600 ${name}\` there, or delete it where ` +
    'somebody may have read it, and a new one is made'
  );
}
