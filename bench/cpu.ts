import type { ValidateLoad } from './load.ts';
import type { ServerProcess } from './server-process.ts';

/** A server under one kind of load. */
export interface Subject {
  readonly name: string;
  readonly start: () => Promise<ServerProcess>;
  readonly load: ValidateLoad;
  /** What it may cost, as a multiple of the first subject. */
  readonly aim?: number;
}

/**
 * Where its memory happens to lie makes a process up to a fifth dearer or cheaper for all its life, so each round
 * starts every server anew; and rounds alternate, so that a noisy moment of the machine meets all alike.
 */
const ROUNDS = 7;
const CALLS_PER_ROUND = 30_000;
const WARM_UP_CALLS = 30_000;

/** Measures the processor time of a call to each subject, and prints it as a multiple of the first one's. */
export async function compareCpu(title: string, subjects: readonly Subject[]): Promise<void> {
  const samples = subjects.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, subject] of subjects.entries()) samples[index]?.push(await measure(subject));
  }
  print(
    `\n${title}\nCPU of one call, µs: median (lowest to highest) of ${ROUNDS} processes, ${CALLS_PER_ROUND} calls each`,
  );
  const baseline = median(samples[0] ?? []);
  for (const [index, { name, aim }] of subjects.entries()) {
    const own = samples[index] ?? [];
    const ratio = median(own) / baseline;
    const range = `(${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)})`;
    const verdict = aim === undefined ? '' : `  aim ${aim}: ${ratio <= aim ? 'reached' : 'not reached'}`;
    print(
      `${name.padEnd(44)}${median(own).toFixed(1).padStart(7)} ${range.padEnd(18)}${ratio.toFixed(2)} × no-op${verdict}`,
    );
  }
}

async function measure({ start, load }: Subject): Promise<number> {
  const server = await start();
  try {
    await load.send(server, WARM_UP_CALLS);
    return await load.cpuMicrosPerCall(server, CALLS_PER_ROUND);
  } finally {
    await server.stop();
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The value that the given part of all values does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
