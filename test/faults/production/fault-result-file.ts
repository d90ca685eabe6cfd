import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FaultResult } from './fault-result.ts';

/** Not part of the project: each run writes it anew. */
const FILE = join(import.meta.dirname, '../../../.cache/fault-results.json');

/** The newest result of each scenario; none when no run has stored any. */
export function readFaultResults(): readonly FaultResult[] {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as FaultResult[];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Stores a result in place of an earlier one of the same scenario. */
export function storeFaultResult(result: FaultResult): void {
  const others = readFaultResults().filter(({ id }) => id !== result.id);
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify([...others, result], undefined, 2)}\n`);
}
