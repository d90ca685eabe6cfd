import type { KeyHash } from '../../src/core/api-key.ts';
import { type Sweeper, startSweeper } from '../../src/revocation/sweeper.ts';
import { settled } from '../../testkit/settled.ts';
import type { RevocationWorld } from './revocation-world.ts';

export const SWEEP_INTERVAL_MS = 500;

/** A sweeper at work in the world, after its first sweep as far as no test holds it. */
export interface SweeperRun {
  /** What it asked of the binder, in order. */
  readonly suspensions: readonly (readonly ['suspend' | 'resume', unknown?])[];
  sweepAgain(times?: number): Promise<void>;
  /** Who has acknowledged a pending entry. */
  acknowledgers(hash: KeyHash): Promise<string[]>;
  stop(): Promise<void>;
}

export async function runSweeper(world: RevocationWorld): Promise<SweeperRun> {
  const { registry, pending, bindings, ...rest } = world;
  const suspensions: (readonly ['suspend' | 'resume', unknown?])[] = [];
  const sweeper: Sweeper = startSweeper({
    ...rest,
    registry: registry.port,
    pending: pending.port,
    intervalMs: SWEEP_INTERVAL_MS,
    binder: {
      ...bindings,
      suspend(reason) {
        suspensions.push(['suspend', reason]);
        world.unbind();
      },
      resume: () => void suspensions.push(['resume']),
    },
  });
  await settled();
  return {
    suspensions,
    async sweepAgain(times = 1) {
      for (let time = 0; time < times; time++) {
        world.clock.advance(SWEEP_INTERVAL_MS);
        await settled();
      }
    },
    async acknowledgers(hash) {
      const entry = (await pending.port.list()).find((listed) => listed.hash === hash);
      return [...(entry?.acknowledgedBy ?? [])];
    },
    stop: () => sweeper.stop(),
  };
}
