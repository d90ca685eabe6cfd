import { expect } from 'chai';
import { waitUntil } from '../wait-until.ts';
import type { ServiceProcess } from './service-process.ts';

/** What a process holds at the moment. */
export interface Usage {
  readonly openDescriptors: number;
  readonly residentBytes: number;
  /** Connections to the HTTP and the gRPC port. */
  readonly connections: number;
}

/** Reads it from the metrics; `process_open_fds` is there on Linux only. */
export async function readUsage(service: ServiceProcess): Promise<Usage> {
  const text = await readMetrics(service);
  return {
    openDescriptors: sumOf(text, 'process_open_fds'),
    residentBytes: sumOf(text, 'process_resident_memory_bytes'),
    connections: sumOf(text, 'iterapay_keys_connections'),
  };
}

/** How often a limit was passed, by its reason, on one port or on both together. */
export async function readEnded(service: ServiceProcess, reason: string, port?: 'http' | 'grpc'): Promise<number> {
  const label = port === undefined ? `reason="${reason}"` : `port="${port}",reason="${reason}"`;
  return sumOf(await readMetrics(service), 'iterapay_keys_connection_limits_total', label);
}

/** Connections that were refused, on both ports together. */
export async function readRefused(service: ServiceProcess): Promise<number> {
  return sumOf(await readMetrics(service), 'iterapay_keys_connections_refused_total');
}

/** Waits until no connection to the HTTP or the gRPC port is left. */
export async function waitUntilAllClosed(service: ServiceProcess, timeoutMs: number): Promise<void> {
  await waitUntil(
    'all connections are closed',
    async () => expect((await readUsage(service)).connections).to.equal(0),
    { timeoutMs },
  );
}

/** The service goes on, and answers. */
export async function expectAlive(service: ServiceProcess): Promise<void> {
  // A connection that is kept would count among those that are looked for.
  const headers = { connection: 'close' };
  const answers = await Promise.all(
    [`${service.adminUrl}/healthz`, `${service.httpUrl}/key/info/m1`].map((url) => fetch(url, { headers })),
  );
  expect(answers.map(({ status }) => status)).to.deep.equal([200, 401]);
  expect(service.child.exitCode, service.output().stderr).to.equal(null);
  expect(service.output().stderr).to.equal('');
}

async function readMetrics({ adminUrl }: ServiceProcess): Promise<string> {
  return (await fetch(`${adminUrl}/metrics`)).text();
}

function sumOf(text: string, name: string, label = ''): number {
  const lines = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
