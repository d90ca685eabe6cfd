import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '../temporary-directory.ts';
import { waitUntil } from '../wait-until.ts';
import { OwnedProcess } from './owned-process.ts';
import { sendRedisCommand } from './redis-command.ts';
import { ensureRedisProgram, type RedisProgram } from './redis-program.ts';
import { startOnFreePort } from './start-on-free-port.ts';

export interface RedisServerOptions {
  readonly password?: string;
  /** Such as `5mb`. Beyond it, writes are refused with OOM (`noeviction`). */
  readonly maxMemory?: string;
  /** An RDB file to load at the start. It is copied. */
  readonly snapshotFile?: string;
  /** The primary to follow, whose password is taken to be `password`. */
  readonly replicaOf?: { readonly host: string; readonly port: number };
  /** More arguments of `redis-server`. */
  readonly extraArguments?: readonly string[];
  /** Whether the start waits until the data set is loaded; true by default. */
  readonly waitUntilLoaded?: boolean;
}

export interface RedisRestartOptions {
  /** Removes what `SAVE` wrote. */
  readonly empty?: boolean;
  /** An RDB file to load instead. It is copied. */
  readonly snapshotFile?: string;
}

/** A Redis process of one's own on 127.0.0.1. It persists nothing unless it gets the command `SAVE`. */
export interface RedisServer {
  /** With the password, if there is one. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Changes with `restart`. */
  readonly pid: number;
  readonly directory: string;
  /** Where `SAVE` writes to, and `restart` reads from. */
  readonly snapshotFile: string;
  /** The URL by way of another port of 127.0.0.1, such as a proxy's. */
  urlAt(port: number): string;
  /** Sends any command and resolves to its reply, also while loading. Throws what Redis replied with, or after 5 s. */
  command(...command: readonly (string | number)[]): Promise<unknown>;
  /** SIGTERM, and removes its directory. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** Starts it again on the same port and directory; stops it first if it runs. */
  restart(options?: RedisRestartOptions): Promise<void>;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 15_000;

/**
 * Starts a Redis on a free port and waits until it answers. The program is installed where it is missing, which may
 * take minutes, once.
 *
 * @throws Error when it cannot be had, or does not answer within 15 seconds
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = await ensureRedisProgram();
  const directory = createTemporaryDirectory();
  const snapshotFile = join(directory.path, 'dump.rdb');
  if (options.snapshotFile !== undefined) copySnapshot(options.snapshotFile, snapshotFile);

  const start = (port: number) => startProcess(program, port, directory.path, options);
  let { port, running } = await startOnFreePort(start).catch((error: unknown) => {
    directory.remove();
    throw error;
  });
  const urlAt = (urlPort: number) => redisUrl(urlPort, options.password);

  return {
    url: urlAt(port),
    host: HOST,
    port,
    get pid() {
      return running.pid;
    },
    directory: directory.path,
    snapshotFile,
    urlAt,
    command: (...command) => sendRedisCommand(urlAt(port), command),
    async stop() {
      await running.stop();
      directory.remove();
    },
    kill9: () => running.kill9(),
    pause: () => running.pause(),
    resume: () => running.resume(),
    async restart(restartOptions = {}) {
      await running.stop();
      if (restartOptions.empty === true) rmSync(snapshotFile, { force: true });
      if (restartOptions.snapshotFile !== undefined) copySnapshot(restartOptions.snapshotFile, snapshotFile);
      running = await start(port);
    },
  };
}

async function startProcess(
  program: RedisProgram,
  port: number,
  directory: string,
  options: RedisServerOptions,
): Promise<OwnedProcess> {
  const running = await OwnedProcess.start(program.path, redisArguments(program, port, directory, options), {
    cwd: directory,
  });
  const url = redisUrl(port, options.password);
  try {
    await waitUntil(
      'Redis answers',
      async () => {
        if (running.isRunning) await ping(url, options.waitUntilLoaded ?? true);
      },
      { timeoutMs: START_TIMEOUT_MS },
    );
    running.assertRunning();
    // Somebody else's server may be the one that answers on the port.
    const info = String(await sendRedisCommand(url, ['INFO', 'server']));
    if (!info.includes(`process_id:${running.pid}\r`)) throw new Error(`port ${port} is another process's`);
    return running;
  } catch (error) {
    await running.kill9();
    throw error;
  }
}

async function ping(url: string, waitUntilLoaded: boolean): Promise<void> {
  try {
    await sendRedisCommand(url, ['PING']);
  } catch (error) {
    const isLoading = error instanceof Error && error.message.startsWith('LOADING');
    if (!isLoading || waitUntilLoaded) throw error;
  }
}

function redisArguments(
  { debugArguments }: RedisProgram,
  port: number,
  directory: string,
  options: RedisServerOptions,
): string[] {
  const { password, maxMemory, replicaOf, extraArguments = [] } = options;
  return [
    ...['--port', `${port}`, '--bind', HOST, '--dir', directory, '--dbfilename', 'dump.rdb'],
    ...debugArguments,
    ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ...(password === undefined ? [] : ['--requirepass', password, '--masterauth', password]),
    ...(maxMemory === undefined ? [] : ['--maxmemory', maxMemory, '--maxmemory-policy', 'noeviction']),
    // Without a disk in between and at once: tests wait for this.
    ...['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0'],
    ...(replicaOf === undefined ? [] : ['--replicaof', replicaOf.host, `${replicaOf.port}`]),
    ...extraArguments,
  ];
}

function redisUrl(port: number, password: string | undefined): string {
  const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return `redis://${credentials}${HOST}:${port}`;
}

/** Read whole before it is written: the two may be one file. */
function copySnapshot(from: string, to: string): void {
  writeFileSync(to, readFileSync(from));
}
