import type { Cluster } from '../../../testkit/cluster/cluster.ts';
import type { Instance } from '../../../testkit/cluster/instance.ts';
import { type RevokeAnswer, revoke, validate } from '../../../testkit/cluster/recorded-calls.ts';
import type { Check } from './fault-result.ts';
import type { TimeSpan } from './judgement.ts';
import type { Load } from './load.ts';

/** What the set-up of a scenario works with. */
export interface SetUpStage {
  readonly cluster: Cluster;
  readonly seed: number;
  /** Runs what makes, keeps up and ends the fault: its time is what the result's `during` is about. */
  during<T>(fault: () => Promise<T>): Promise<T>;
  /** Throws unless it holds: otherwise the scenario would prove nothing. */
  require(circumstance: string, holds: boolean): void;
}

/** What a scenario works with. */
export interface Stage extends SetUpStage {
  /** Lets the load make calls: that many, or as many as it can in a few seconds. */
  passCalls(calls?: number): Promise<void>;
  /** Notes something that has to hold, but is not about a revoked key. */
  expect(guarantee: string, held: boolean, detail?: string): void;
  /** Notes whether each of the instances, all running ones by default, refuses the revoked key as REVOKED. */
  expectRevoked(apiKey: string, instances?: readonly Instance[]): Promise<void>;
  /** Notes whether none of the instances accepts the revoked key; an error is no acceptance. */
  expectNotAccepted(apiKey: string, instances: readonly Instance[]): Promise<void>;
  /** Revokes on the instance and notes that it has to succeed. */
  expectRevokes(instance: Instance, merchantId: string): Promise<RevokeAnswer>;
}

/** What a scenario has noted so far. */
export interface Notes {
  readonly checks: Check[];
  /** When its fault lasted. */
  readonly spans: TimeSpan[];
}

/** Calls of the load that a fault is shown to, and how long they may take, in milliseconds. */
const PASSED_CALLS = 300;
export const PASS_TIMEOUT_MS = 2_000;

/** @param notes receives what the scenario notes */
export function createStage(cluster: Cluster, seed: number, load: Load, { checks, spans }: Notes): Stage {
  function note(guarantee: string, held: boolean, detail: string): void {
    checks.push({ guarantee, held, detail });
  }

  async function validateOn(instances: readonly Instance[], apiKey: string) {
    return Promise.all(
      instances.map(async (instance) => ({ ...(await validate(instance, apiKey)), on: instance.name })),
    );
  }

  return {
    cluster,
    seed,
    passCalls: (calls = PASSED_CALLS) => load.pass(calls, PASS_TIMEOUT_MS),
    async during(fault) {
      const fromMs = performance.now();
      const outcome = await fault();
      spans.push({ fromMs, toMs: performance.now() });
      return outcome;
    },
    expect: (guarantee, held, detail = `${held}`) => note(guarantee, held, detail),
    require(circumstance, holds) {
      if (!holds) throw new Error(`the scenario proves nothing: ${circumstance}: that is not so`);
    },
    async expectRevoked(apiKey, instances = cluster.instances.filter(({ isRunning }) => isRunning)) {
      for (const { on, valid, reason, outcome } of await validateOn(instances, apiKey)) {
        const detail = valid ? 'it was accepted' : (reason ?? outcome);
        note(`instance ${on} answers REVOKED`, reason === 'REASON_REVOKED', detail);
      }
    },
    async expectNotAccepted(apiKey, instances) {
      for (const { on, valid, reason, outcome } of await validateOn(instances, apiKey)) {
        note(`instance ${on} does not accept the revoked key`, !valid, reason ?? outcome);
      }
    },
    async expectRevokes(instance, merchantId) {
      const answer = await revoke(instance, merchantId);
      note(`Revoke on instance ${instance.name} succeeds`, answer.outcome === 'ok', answer.outcome);
      return answer;
    },
  };
}
