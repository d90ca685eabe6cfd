import type { FaultResult } from './fault-result.ts';

const ATTEMPTS = 3;

/**
 * Runs a scenario again where it could not set up what it wants to show: on a busy machine an instance may lose its
 * lease at the wrong moment, and the scenario then proves nothing. What it found is never tried again.
 */
export async function untilItProves(scenario: () => Promise<FaultResult>): Promise<FaultResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await scenario();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
