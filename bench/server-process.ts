import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A server under load, in a process of its own that is kept on one core. */
export interface ServerProcess {
  readonly grpcPort: number;
  readonly httpPort: number | undefined;
  readonly adminPort: number | undefined;
  /** Processor time that it and the processes it started have used so far, user and system, in microseconds. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
/** `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Node runs on. */
const MICROS_PER_TICK = 10_000;

/** The core of the servers; the load generator has the other one. */
export const SERVER_CORE = '0';
export const LOAD_CORE = '1';

/** Starts a script that prints its ports as JSON members `"grpc":…`, and waits for that line. */
export async function startServerProcess(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, script], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = await firstOutputWith(child, /"grpc":(\d+)/);
  const portOf = (name: string) => {
    const found = new RegExp(`"${name}":(\\d+)`).exec(output)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  return {
    grpcPort: portOf('grpc') ?? 0,
    httpPort: portOf('http'),
    adminPort: portOf('admin'),
    cpuMicros: () => cpuMicrosOfAll(child.pid ?? 0),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function firstOutputWith({ stdout }: ChildProcess, wanted: RegExp): Promise<string> {
  if (stdout === null) throw new Error('the server has no standard output');
  let output = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    output += chunk;
    if (wanted.test(output)) {
      stdout.resume();
      return output;
    }
  }
  throw new Error(`the server ended before it listened: ${output}`);
}

/** proc(5): the processes that it started are in `children` of its first thread. */
function cpuMicrosOfAll(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.map(Number)].map(cpuMicrosOf).reduce((sum, micros) => sum + micros);
}

/** proc(5): fields 14 and 15 of /proc/pid/stat, counted behind the command, which may hold spaces. */
function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}
