import { type Cluster, type ClusterOptions, startCluster } from '../../../testkit/cluster/cluster.ts';
import type { History } from '../../../testkit/history/history.ts';
import type { MongoServer } from '../../../testkit/servers/mongo-server.ts';
import type { FaultResult } from './fault-result.ts';
import { describeCalls, findLost, judgeHistory } from './judgement.ts';
import { type Load, type LoadOptions, startLoad } from './load.ts';
import { repeatSetUp, setUpFailure } from './set-up.ts';
import { createStage, type Notes, PASS_TIMEOUT_MS, type SetUpStage, type Stage } from './stage.ts';

export interface FaultOptions {
  /** A MongoDB that may be shared; scenarios that do something to MongoDB start one of their own. */
  readonly mongo?: MongoServer;
  readonly seed?: number;
}

/** Injects one fault into a cluster of its own, with the load running, and returns what happened. */
export interface FaultScenario extends Pick<FaultDefinition<unknown>, 'id' | 'fault'> {
  /** @throws SetUpError where it could not be set up although that was tried several times */
  (options?: FaultOptions): Promise<FaultResult>;
}

export interface FaultDefinition<T> {
  /** A name that stays, in kebab-case. */
  readonly id: string;
  /** What is done, in words, for the table. */
  readonly fault: string;
  readonly cluster?: Omit<ClusterOptions, 'mongo'>;
  /** Whether something is done to MongoDB, so that it cannot be shared; false by default. */
  readonly ownMongo?: boolean;
  readonly load?: LoadOptions;
  /**
   * Brings about what the scenario needs, with the load running. What it throws is no finding: the scenario begins
   * again, on a new cluster.
   */
  setUp(stage: SetUpStage): Promise<T>;
  /** Shows what the service does then. What it throws is final. */
  run(stage: Stage, prepared: T): Promise<void>;
}

const DEFAULT_SEED = 1;
const WARM_UP_CALLS = 150;

/** Makes the scenario of a definition: cluster, load, set-up, fault, and the judgement at the end. */
export function defineFault<T>(definition: FaultDefinition<T>): FaultScenario {
  const { id, fault } = definition;
  const scenario = ({ mongo, seed = DEFAULT_SEED }: FaultOptions = {}): Promise<FaultResult> => {
    return repeatSetUp(async (failedSetUps) => {
      const startedAtMs = performance.now();
      const cluster = await startClusterOf(definition, mongo);
      try {
        const seen = await inject(definition, cluster, seed);
        return { id, fault, seed, failedSetUps, durationMs: Math.round(performance.now() - startedAtMs), ...seen };
      } finally {
        await cluster.stop();
      }
    });
  };
  return Object.assign(scenario, { id, fault });
}

async function startClusterOf<T>(definition: FaultDefinition<T>, mongo: MongoServer | undefined): Promise<Cluster> {
  try {
    return await startCluster({ ...definition.cluster, mongo: definition.ownMongo === true ? undefined : mongo });
  } catch (cause) {
    throw setUpFailure(cause);
  }
}

type Seen = Omit<FaultResult, 'id' | 'fault' | 'seed' | 'failedSetUps' | 'durationMs'>;

async function inject<T>(definition: FaultDefinition<T>, cluster: Cluster, seed: number): Promise<Seen> {
  const load = await startLoad(cluster, seed, definition.load);
  const stop = async () => [...(await load.stop()), ...cluster.history];
  const notes: Notes = { checks: [], spans: [] };
  const stage = createStage(cluster, seed, load, notes);
  const prepared = await prepare(definition, stage, load, stop);
  try {
    await definition.run(stage, prepared);
    await load.pass(WARM_UP_CALLS, PASS_TIMEOUT_MS);
  } catch (error) {
    await load.stop();
    throw error;
  }
  const endedAtMs = performance.now();
  const calls = await stop();
  const running = new Set(cluster.instances.filter(({ isRunning }) => isRunning).map(({ name }) => name));
  const acknowledged = findLost(calls, endedAtMs, running);
  return { ...describeCalls(calls, notes.spans), history: judgeHistory(calls), acknowledged, checks: notes.checks };
}

/** @param stop ends the load, and returns all calls */
async function prepare<T>(
  definition: FaultDefinition<T>,
  stage: SetUpStage,
  load: Load,
  stop: () => Promise<History>,
): Promise<T> {
  try {
    await load.pass(WARM_UP_CALLS, PASS_TIMEOUT_MS);
    return await definition.setUp(stage);
  } catch (cause) {
    throw setUpFailure(cause, judgeHistory(await stop()).violations);
  }
}
