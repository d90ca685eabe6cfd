import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Output, OwnedProcess } from '../servers/owned-process.ts';
import { waitUntil } from '../wait-until.ts';

export interface ServiceOptions {
  /** What is executed and its arguments, such as `npm` and `start`; Node and `src/main.ts` by default. */
  readonly command?: readonly [string, ...string[]];
  /** What is not `read` is not in its output either. */
  readonly stdout?: Output;
  readonly stderr?: Output;
}

/** A process of the service that may be starting, running, or ending. */
export interface SpawnedService {
  readonly process: OwnedProcess;
  readonly child: ChildProcess;
  /** All that it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** The exit code once it has ended and all its output is there; null when a signal itself ended it. */
  readonly ended: Promise<number | null>;
  /** Sends the signal, and resolves to what `ended` does. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A service that listens, in a process of its own. */
export interface ServiceProcess extends SpawnedService {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly adminUrl: string;
  /** `host:port` of the gRPC port. */
  readonly grpcAddress: string;
}

/** A process that ended before it listened. */
export class ServiceExited extends Error {
  override readonly name = 'ServiceExited';
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(exitCode: number | null, stderr: string) {
    super(`the service ended with ${exitCode}: ${stderr}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** The folder of the project. */
export const ROOT = join(import.meta.dirname, '../..');

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 20_000;
const LISTENING = /"ports":\{"http":(\d+),"grpc":(\d+),"admin":(\d+)\}.*"msg":"listening"/;

/**
 * Starts the service and waits until it listens, on ports that the system chooses unless the environment names them.
 * Nothing is left running when it fails.
 *
 * @param environment nothing else but PATH is passed on
 * @throws ServiceExited; Error where it does not listen in time
 */
export async function startServiceProcess(
  environment: Readonly<Record<string, string>>,
  options: ServiceOptions = {},
): Promise<ServiceProcess> {
  const spawned = await spawnService({ HTTP_PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0', ...environment }, options);
  const { output } = spawned;
  try {
    const listening = await waitUntil(
      'the service listens',
      () => LISTENING.exec(output().stdout) ?? (spawned.process.isRunning ? false : 'ended'),
      { timeoutMs: START_TIMEOUT_MS, intervalMs: 5 },
    );
    if (listening === 'ended') throw new ServiceExited(await spawned.ended, output().stderr);
    const [, http, grpc, admin] = listening;
    return {
      ...spawned,
      httpUrl: `http://${HOST}:${http}`,
      grpcUrl: `http://${HOST}:${grpc}`,
      adminUrl: `http://${HOST}:${admin}`,
      grpcAddress: `${HOST}:${grpc}`,
    };
  } catch (error) {
    await spawned.process.kill9();
    throw error;
  }
}

/**
 * Starts the service, and does not wait for it.
 *
 * @param environment nothing else but PATH is passed on
 */
export async function spawnService(
  environment: Readonly<Record<string, string>>,
  options: ServiceOptions = {},
): Promise<SpawnedService> {
  const { command = [process.execPath, 'src/main.ts'], ...outputs } = options;
  const [program, ...programArguments] = command;
  const owned = await OwnedProcess.start(program, programArguments, {
    cwd: ROOT,
    environment: { PATH: process.env['PATH'], ...environment },
    ...outputs,
  });
  const { child } = owned;
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    if ((outputs[name] ?? 'read') !== 'read') continue;
    child[name]?.on('data', (text: string) => {
      output[name] += text;
    });
  }
  return {
    process: owned,
    child,
    ended,
    output: () => ({ ...output }),
    end(signal) {
      owned.ref();
      child.kill(signal);
      return ended;
    },
  };
}
