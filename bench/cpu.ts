import type { ValidateLoad } from './load.ts';
import type { ServerProcess } from './server-process.ts';

/** A server under one kind of load. */
export interface Subject {
  readonly name: string;
  readonly server: ServerProcess;
  readonly load: ValidateLoad;
  /** What it may cost, as a multiple of the first subject. */
  readonly aim?: number;
}

/** Rounds are short and alternate, so that a noisy moment of the machine meets every server alike. */
const ROUNDS = 9;
const CALLS_PER_ROUND = 30_000;
const WARM_UP_CALLS = 60_000;

/** Measures the processor time of a call to each subject, and prints it as a multiple of the first one's. */
export async function compareCpu(title: string, subjects: readonly Subject[]): Promise<void> {
  for (const { server, load } of subjects) await load.cpuMicrosPerCall(server, WARM_UP_CALLS);
  const samples = subjects.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { server, load }] of subjects.entries()) {
      samples[index]?.push(await load.cpuMicrosPerCall(server, CALLS_PER_ROUND));
    }
  }
  print(`\n${title}\nCPU of one call, µs: median (lowest to highest) of ${ROUNDS} rounds of ${CALLS_PER_ROUND} calls`);
  const [baseline = []] = samples;
  for (const [index, { name, aim }] of subjects.entries()) {
    const own = samples[index] ?? [];
    // Round by round: both values of a ratio then come from the same moment.
    const ratio = median(own.map((value, round) => value / (baseline[round] ?? Number.NaN)));
    const range = `(${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)})`;
    const verdict = aim === undefined ? '' : `  aim ${aim}: ${ratio <= aim ? 'reached' : 'not reached'}`;
    print(
      `${name.padEnd(44)}${median(own).toFixed(1).padStart(7)} ${range.padEnd(18)}${ratio.toFixed(2)} × no-op${verdict}`,
    );
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
