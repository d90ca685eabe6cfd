import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultResult } from './fault-result.ts';

/** Names the folder in which `npm run faults:table` wants the results. Any other run stores none. */
export const RESULTS_FOLDER_VARIABLE = 'FAULT_RESULTS_FOLDER';

/** Stores the result where this run is one of `npm run faults:table`; otherwise does nothing. */
export function storeFaultResult(result: FaultResult): void {
  const folder = process.env[RESULTS_FOLDER_VARIABLE];
  if (folder === undefined) return;
  // A file for each scenario: they may run in several processes.
  writeFileSync(join(folder, `${result.id}.json`), JSON.stringify(result, undefined, 2));
}

/** The results that were stored in the folder, in the order of their ids. */
export function readFaultResults(folder: string): readonly FaultResult[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as FaultResult);
}
