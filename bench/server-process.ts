import { readFileSync } from 'node:fs';
import { portOf } from '../testkit/clients/port-of.ts';
import { startServiceProcess } from '../testkit/service/service-process.ts';

/** A server under load, in a process of its own that is kept on one core. */
export interface ServerProcess {
  readonly grpcPort: number;
  /** Processor time that it and the processes it started have used so far, user and system, in microseconds. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

/** `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Node runs on. */
const MICROS_PER_TICK = 10_000;

/** The core of the servers; the load generator has the other one. */
export const SERVER_CORE = '0';
export const LOAD_CORE = '1';

/** Starts the service, or a script that logs its ports as the service does, and waits for that line. */
export async function startServerProcess(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const { process: owned, grpcUrl } = await startServiceProcess(environment, {
    command: ['taskset', '-c', SERVER_CORE, process.execPath, script],
    stderr: 'inherit',
  });
  return {
    grpcPort: portOf(grpcUrl),
    cpuMicros: () => cpuMicrosOfAll(owned.pid),
    stop: () => owned.stop(),
  };
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
