import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import { createTemporaryDirectory } from '../temporary-directory.ts';
import { waitUntil } from '../wait-until.ts';
import { runAdminCommand } from './mongo-command.ts';
import { ensureMongoProgram, type MongoProgram, REPLICA_SET } from './mongo-program.ts';
import { OwnedProcess } from './owned-process.ts';
import { startOnFreePort } from './start-on-free-port.ts';

/** What `configureFailPoint` takes: https://github.com/mongodb/specifications, "failCommand". */
export interface FailPoint {
  /** `{times: n}`: the next n matching commands; `alwaysOn`: until `clearFailPoints`. */
  readonly mode: 'alwaysOn' | { readonly times: number } | { readonly skip: number; readonly times: number };
  readonly data: {
    /** The commands that it is for, such as `update`, `findAndModify`, `find`. */
    readonly failCommands: readonly string[];
    /** Limits it to clients of this application name. */
    readonly appName?: string;
    /** The connection is closed; the command does not run. */
    readonly closeConnection?: boolean;
    /** The command does not run and is answered with this error. */
    readonly errorCode?: number;
    readonly errorLabels?: readonly string[];
    /** The command runs, and is answered with this write concern error. */
    readonly writeConcernError?: Readonly<Document>;
    /** The command begins `blockTimeMS` milliseconds later. */
    readonly blockConnection?: boolean;
    readonly blockTimeMS?: number;
  };
}

/** A server of one's own that speaks MongoDB's protocol, on 127.0.0.1: a replica set of one. */
export interface MongoServer {
  /** Names no database. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Changes with `restart`. */
  readonly pid: number;
  /** Which server it is. */
  readonly kind: MongoProgram['kind'];
  /** The URL by way of another port, such as a proxy's: direct, or the driver would go on to the server's own address. */
  urlAt(port: number): string;
  /** Runs one command on the database `admin`, such as `{ serverStatus: 1 }`. Throws the driver's error. */
  command(command: Document): Promise<Document>;
  /** Sets the fail point `failCommand`. There is one: it replaces the one before, and is gone after `restart`. */
  failPoint(failPoint: FailPoint): Promise<void>;
  clearFailPoints(): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. The data stays. */
  kill9(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** Starts it again on the same port and data, after a SIGKILL if it runs. */
  restart(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 30_000;

/**
 * Starts a MongoDB, or SecantusDB where there is none, on a free port, and waits until it takes writes. The latter is
 * installed where it is missing, which may take minutes, once.
 *
 * @throws Error when it cannot be had, or is not ready within 30 seconds
 */
export async function startMongoServer(): Promise<MongoServer> {
  const program = await ensureMongoProgram();
  const directory = createTemporaryDirectory();
  const storage = join(directory.path, 'storage');
  mkdirSync(storage);

  const start = (port: number) => startProcess(program, port, storage);
  let { port, running } = await startOnFreePort(start).catch((error: unknown) => {
    directory.remove();
    throw error;
  });

  return {
    url: `mongodb://${HOST}:${port}/`,
    host: HOST,
    port,
    get pid() {
      return running.pid;
    },
    kind: program.kind,
    urlAt: (urlPort) => `mongodb://${HOST}:${urlPort}/?directConnection=true`,
    command: (command) => runAdminCommand(port, command),
    async failPoint({ mode, data }) {
      await runAdminCommand(port, { configureFailPoint: 'failCommand', mode, data });
    },
    async clearFailPoints() {
      await runAdminCommand(port, { configureFailPoint: 'failCommand', mode: 'off' });
    },
    async stop() {
      await running.kill9();
      directory.remove();
    },
    kill9: () => running.kill9(),
    pause: () => running.pause(),
    resume: () => running.resume(),
    async restart() {
      // Not SIGTERM: SecantusDB then announces to its clients that it is in no replica set, and they leave it for good.
      await running.kill9();
      running = await start(port);
    },
  };
}

async function startProcess(program: MongoProgram, port: number, storage: string): Promise<OwnedProcess> {
  const { environment } = program;
  const running = await OwnedProcess.start(program.program, program.argumentsFor(port, storage), { environment });
  const untilReady = { timeoutMs: START_TIMEOUT_MS };
  try {
    await waitUntil(
      'the MongoDB server listens',
      async () => {
        if (running.isRunning) await tryToConnect(port);
      },
      untilReady,
    );
    running.assertRunning();
    if (program.kind === 'mongod') await initiateReplicaSet(port);
    await waitUntil('the MongoDB server is a primary', () => assertPrimary(port), untilReady);
    running.assertRunning();
    return running;
  } catch (error) {
    await running.kill9();
    throw error;
  }
}

/** The driver tries again only after half a second, so it is not asked before the server listens. */
async function tryToConnect(port: number): Promise<void> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

async function initiateReplicaSet(port: number): Promise<void> {
  const members = [{ _id: 0, host: `${HOST}:${port}` }];
  try {
    await runAdminCommand(port, { replSetInitiate: { _id: REPLICA_SET, members } });
  } catch (error) {
    const isInitiated = error instanceof Error && 'codeName' in error && error.codeName === 'AlreadyInitialized';
    if (!isInitiated) throw error;
  }
}

async function assertPrimary(port: number): Promise<void> {
  const hello = await runAdminCommand(port, { hello: 1 });
  if (hello['isWritablePrimary'] !== true) throw new Error('it is not a primary');
}
