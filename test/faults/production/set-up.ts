/** A scenario could not bring about what it wants to show, so that it says nothing about the service. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';
}

/**
 * What a set-up that failed counts as: a `SetUpError`, unless the service broke its promise meanwhile, which setting up
 * again would hide.
 *
 * @param violations what the history checker found in the calls until then
 */
export function setUpFailure(cause: unknown, violations: readonly string[] = []): Error {
  if (violations.length > 0) {
    return new Error(`a promise was broken while the scenario was set up:\n${violations.join('\n')}`, { cause });
  }
  return new SetUpError(`could not set up: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** So often a scenario is set up before it counts as failed. */
const MAX_SET_UPS = 3;

/**
 * Carries out a scenario, and once more where it ended with a `SetUpError`: on a busy machine an instance may lose its
 * lease at the wrong moment. Whatever else it ends with is final.
 *
 * @param carryOut is given what the set-ups before ended with
 */
export async function repeatSetUp<T>(carryOut: (failedSetUps: readonly string[]) => Promise<T>): Promise<T> {
  const failed: string[] = [];
  for (;;) {
    try {
      return await carryOut(failed);
    } catch (error) {
      if (!(error instanceof SetUpError) || failed.length === MAX_SET_UPS - 1) throw error;
      failed.push(error.message);
    }
  }
}
