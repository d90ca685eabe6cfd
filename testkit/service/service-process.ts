import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The service in a process of its own, as `npm start` runs it. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly adminUrl: string;
  /** All that it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Sends the signal and resolves to the exit code; null when the signal itself ended the process. */
  end(signal: NodeJS.Signals): Promise<number | null>;
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

const ROOT = join(import.meta.dirname, '../..');
const LISTENING = /"ports":\{"http":(\d+),"grpc":(\d+),"admin":(\d+)\}.*"msg":"listening"/;

/**
 * Starts the service and waits until it listens, on ports that the system chooses.
 *
 * @param environment nothing else but PATH is passed on
 * @throws ServiceExited
 */
export async function startServiceProcess(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HTTP_PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close') as Promise<[number | null]>;
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });

  const [, http, grpc, admin] = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const listening = LISTENING.exec(stdout);
      if (listening !== null) resolve(listening);
    });
    void exited.then(([code]) => reject(new ServiceExited(code, stderr)));
  });
  return {
    child,
    httpUrl: `http://127.0.0.1:${http}`,
    grpcUrl: `http://127.0.0.1:${grpc}`,
    adminUrl: `http://127.0.0.1:${admin}`,
    output: () => ({ stdout, stderr }),
    async end(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
