import { type Confirmer, createConfirmer } from '../../src/revocation/confirmer.ts';
import { settled } from '../../testkit/settled.ts';
import { hashOf, MERCHANT, type RevocationWorld } from './revocation-world.ts';

export const CONFIRM_POLL_MS = 50;
export const CONFIRM_TIMEOUT_MS = 30_000;

/** A confirmation that was begun. */
export interface Confirmation {
  /** How it ended, or what it was rejected with. */
  outcome(): unknown;
  endedAfterMs(): number | undefined;
}

/** A confirmer in the world. */
export interface ConfirmerRun {
  readonly confirmer: Confirmer;
  begin(hashes?: readonly ReturnType<typeof hashOf>[]): Confirmation;
  /** Moves the clock in steps of the poll. */
  pass(ms: number): Promise<void>;
}

export function createConfirmerRun(world: RevocationWorld): ConfirmerRun {
  const { clock, registry, pending, ...rest } = world;
  const times = { timeoutMs: CONFIRM_TIMEOUT_MS, pollMs: CONFIRM_POLL_MS };
  const confirmer = createConfirmer({ ...rest, ...times, clock, registry: registry.port, pending: pending.port });
  return {
    confirmer,
    begin(hashes = [hashOf('key')]) {
      const startMs = clock.nowMs();
      let outcome: unknown = 'under way';
      let endedAfterMs: number | undefined;
      const end = (how: unknown) => {
        outcome = how;
        endedAfterMs = clock.nowMs() - startMs;
      };
      confirmer.confirm(MERCHANT, hashes).then(() => end('confirmed'), end);
      return { outcome: () => outcome, endedAfterMs: () => endedAfterMs };
    },
    async pass(ms) {
      await settled();
      for (let passed = 0; passed < ms; passed += CONFIRM_POLL_MS) {
        clock.advance(CONFIRM_POLL_MS);
        await settled();
      }
    },
  };
}
