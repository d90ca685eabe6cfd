import { type Cluster, type ClusterOptions, startCluster } from '../../../testkit/cluster/cluster.ts';
import type { Instance } from '../../../testkit/cluster/instance.ts';
import { type RevokeAnswer, revoke, validate } from '../../../testkit/cluster/recorded-calls.ts';
import type { MongoServer } from '../../../testkit/servers/mongo-server.ts';
import type { Check, FaultResult } from './fault-result.ts';
import { describeCalls, findLost, judgeHistory, type TimeSpan } from './judgement.ts';
import { type Load, type LoadOptions, startLoad } from './load.ts';

export interface FaultOptions {
  /** The folder that holds the service's `src/main.ts`; this project by default. */
  readonly sourceRoot?: string;
  /** A MongoDB that may be shared; scenarios that do something to MongoDB start one of their own. */
  readonly mongo?: MongoServer;
  readonly seed?: number;
}

/** Injects one fault into a cluster of its own, with the load running, and tells what happened. */
export interface FaultScenario extends Pick<FaultDefinition, 'id' | 'fault'> {
  (options?: FaultOptions): Promise<FaultResult>;
}

/** What a scenario works with. */
export interface Stage {
  readonly cluster: Cluster;
  readonly seed: number;
  /** Runs what makes, keeps up and ends the fault: its time is what the result's `during` is about. */
  during(fault: () => Promise<void>): Promise<void>;
  /** Lets the load make calls: that many, or as many as it can in a few seconds. */
  passCalls(calls?: number): Promise<void>;
  /** Notes something that has to hold, but is not about a dead key. */
  expect(guarantee: string, held: boolean, detail?: string): void;
  /** Throws unless it holds: otherwise the scenario would prove nothing. */
  require(circumstance: string, holds: boolean): void;
  /** Notes whether each of the instances, all running ones by default, refuses the revoked key as REVOKED. */
  expectRevoked(apiKey: string, instances?: readonly Instance[]): Promise<void>;
  /** Notes whether none of the instances accepts the revoked key; an error is no acceptance. */
  expectNotAccepted(apiKey: string, instances: readonly Instance[]): Promise<void>;
  /** Revokes on the instance and notes that it has to succeed. */
  expectRevokes(instance: Instance, merchantId: string): Promise<RevokeAnswer>;
}

export interface FaultDefinition {
  /** A name that stays, in kebab-case. */
  readonly id: string;
  /** What is done, in words, for the table. */
  readonly fault: string;
  readonly cluster?: Omit<ClusterOptions, 'sourceRoot' | 'mongo'>;
  /** Whether something is done to MongoDB, so that it cannot be shared; false by default. */
  readonly ownMongo?: boolean;
  readonly load?: LoadOptions;
  run(stage: Stage): Promise<void>;
}

const DEFAULT_SEED = 1;
const WARM_UP_CALLS = 150;
/** Calls of the load that a fault is shown to, and how long they may take, in milliseconds. */
const PASSED_CALLS = 300;
const PASS_TIMEOUT_MS = 2_000;

/** Makes the scenario of a definition: cluster, load, fault, and the judgement at the end. */
export function defineFault(definition: FaultDefinition): FaultScenario {
  const { id, fault } = definition;
  const scenario = async ({ sourceRoot, mongo, seed = DEFAULT_SEED }: FaultOptions = {}): Promise<FaultResult> => {
    const startedAtMs = performance.now();
    const ownMongo = definition.ownMongo ?? false;
    const cluster = await startCluster({ ...definition.cluster, sourceRoot, mongo: ownMongo ? undefined : mongo });
    try {
      const load = await startLoad(cluster, seed, definition.load);
      const [checks, spans]: [Check[], TimeSpan[]] = [[], []];
      try {
        await load.pass(WARM_UP_CALLS, PASS_TIMEOUT_MS);
        await definition.run(createStage(cluster, seed, load, checks, spans));
        await load.pass(WARM_UP_CALLS, PASS_TIMEOUT_MS);
      } catch (error) {
        await load.stop();
        throw error;
      }
      const endedAtMs = performance.now();
      const calls = [...(await load.stop()), ...cluster.history];
      const running = new Set(cluster.instances.filter(({ isRunning }) => isRunning).map(({ name }) => name));
      const durationMs = Math.round(performance.now() - startedAtMs);
      const seen = { ...describeCalls(calls, spans), history: judgeHistory(calls) };
      const acknowledged = findLost(calls, endedAtMs, running);
      return { id, fault, seed, durationMs, ...seen, acknowledged, checks };
    } finally {
      await cluster.stop();
    }
  };
  return Object.assign(scenario, { id, fault });
}

function createStage(cluster: Cluster, seed: number, load: Load, checks: Check[], spans: TimeSpan[]): Stage {
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
      await fault();
      spans.push({ fromMs, toMs: performance.now() });
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
