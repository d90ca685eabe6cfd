import fc from 'fast-check';
import { describeViolation, type Violation } from '../history/violation.ts';
import type { Mutation } from './mutation.ts';
import { type Configuration, type Plan, plans } from './plan.ts';
import { type RunResult, run } from './run.ts';

export interface ExploreOptions {
  readonly configuration: Configuration;
  /** None by default: the protocol as it is. */
  readonly mutation?: Mutation;
  /** At most so many schedules: the first finding ends the search. */
  readonly schedules: number;
  readonly seed: number;
  /** fast-check's path to one schedule of the seed, from an earlier finding: only this one is run. */
  readonly path?: string | undefined;
  /** What counts as a finding. By default every broken promise, and whatever does not come to its end. */
  readonly isFinding?: (result: RunResult) => boolean;
}

/** A schedule that shows what was looked for. */
export interface Finding extends RunResult {
  readonly plan: Plan;
  /** The steps in their order, as fast-check reports them. */
  readonly schedule: string;
  readonly seed: number;
  readonly path: string;
}

export interface Exploration {
  /** How many schedules were run. */
  readonly schedules: number;
  readonly finding: Finding | undefined;
}

/** Runs drawn schedules until one of them is a finding. */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { configuration, mutation, schedules, seed, path, isFinding = isWrong } = options;
  let found: Omit<Finding, 'seed' | 'path'> | undefined;
  let count = 0;
  const property = fc.asyncProperty(plans(configuration), fc.scheduler<string>(), async (plan, scheduler) => {
    count++;
    const result = await run(scheduler, plan, mutation);
    if (!isFinding(result)) return true;
    found = { ...result, plan, schedule: String(scheduler) };
    return false;
  });
  // What is drawn is not made smaller: the order of the steps would be another one.
  const details = await fc.check(property, { numRuns: schedules, seed, endOnFailure: true, ...(path && { path }) });
  if (details.failed && found === undefined) throw details.errorInstance;
  if (found === undefined) return { schedules: count, finding: undefined };
  return { schedules: count, finding: { ...found, seed: details.seed, path: details.counterexamplePath ?? '' } };
}

function isWrong({ violations, unfinished }: RunResult): boolean {
  return violations.length > 0 || unfinished.length > 0;
}

/** Whether it shows an accept that the promise forbids. */
export function isStaleAccept({ operations }: Violation): boolean {
  const last = operations.at(-1);
  return last?.kind === 'validate' && last.verdict?.valid === true;
}

/** Violations that a reader is shown; the others follow from them. */
const SHOWN = 3;

/** What was found, and how to run the same schedule again. */
export function describeFinding({ violations, unfinished, plan, schedule, seed, path }: Finding): string {
  return [
    ...violations.slice(0, SHOWN).map(describeViolation),
    ...(violations.length > SHOWN ? [`and ${violations.length - SHOWN} more`] : []),
    ...unfinished,
    `replay with MICROSCOPE_SEED=${seed} MICROSCOPE_PATH=${path}`,
    JSON.stringify(plan),
    ...(process.env['MICROSCOPE_STEPS'] === undefined ? [] : [schedule]),
  ].join('\n');
}
