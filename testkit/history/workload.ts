import { setTimeout as pause } from 'node:timers/promises';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { createRandom, type Random } from '../mulberry32.ts';
import { HeldKey } from './held-key.ts';
import type { History, Operation } from './history.ts';
import { createRecorder, type Endpoint, type RecorderOptions } from './recorder.ts';
import type { RecordingClient } from './recording-client.ts';

export interface WorkloadOptions extends RecorderOptions {
  readonly endpoints: readonly Endpoint[];
  /** Determines what is called where; not when the answers come. */
  readonly seed: number;
  /** Few, so that they are hot; 4 by default. */
  readonly merchants?: number;
  /** Begins the ids of the merchants, which nothing else may change meanwhile. */
  readonly merchantPrefix?: string;
  /** Loops that generate and revoke, for each merchant; 2 by default, so that changes overlap. */
  readonly changersPerMerchant?: number;
  /** Longest pause of such a loop between two calls, in milliseconds; 20 by default. */
  readonly changePauseMs?: number;
  /** Loops that validate; 16 by default. */
  readonly validators?: number;
}

/** A workload that is running. */
export interface Workload {
  /** What has been recorded so far. */
  history(): History;
  /** Begins no more calls, waits for those under way, and asks every instance once more about the latest keys. */
  stop(): Promise<History>;
}

/** Keys of a merchant that are still tried: revoked ones should stay so. */
const KEYS_KEPT = 64;
/** Keys that are tried on every instance when a change has returned. */
const KEYS_IN_BURST = 3;
/** Keys of each merchant that are tried at the end. */
const KEYS_AT_END = 16;
/** Pause after a call without an answer, so that an instance that is gone is not asked all the time. */
const PAUSE_AFTER_FAILURE_MS = 25;
/** One in so many validations presents a key that was never handed out. */
const STRANGERS = 50;

/**
 * Starts a random workload on several instances: merchants whose keys are replaced and revoked all the time, and
 * validators that try new, recent and long revoked keys. Whenever a change has returned, every instance is asked at once
 * about the keys that it ended and the one that it made. Instances may vanish and come back.
 */
export function startWorkload(options: WorkloadOptions): Workload {
  const { endpoints, seed, merchants = 4, merchantPrefix = 'm', changersPerMerchant = 2 } = options;
  const { changePauseMs = 20, validators = 16 } = options;
  if (endpoints.length === 0) throw new RangeError('a workload needs an endpoint');
  const recorder = createRecorder(endpoints, options);
  const { clients } = recorder;
  const held = Array.from({ length: merchants }, (_, index) => ({
    merchantId: `${merchantPrefix}${index}`,
    keys: [] as HeldKey[],
  }));
  const keyFormat = createKeyFormat('ipa_live_');
  let stopping = false;

  const pickClient = (random: Random): RecordingClient => random.pick(clients) as RecordingClient;

  async function change({ merchantId, keys }: Holding, random: Random): Promise<void> {
    const client = pickClient(random);
    const before = keys.slice(-KEYS_IN_BURST);
    const concerned = [...before];
    let operation: Operation;
    if (keys.length === 0 || random.next() < 0.6) {
      const generated = await client.generate(merchantId);
      operation = generated.operation;
      if (generated.key !== undefined) {
        keys.push(generated.key);
        concerned.push(generated.key);
      }
      if (keys.length > KEYS_KEPT) keys.shift();
    } else operation = await client.revoke(merchantId);
    // In the same turn in which it returned: what starts first afterwards is the most likely to see something old.
    const burst = clients.flatMap((each) => concerned.map((key) => each.validate(key)));
    await Promise.all(burst);
    if (operation.outcome !== 'ok') await pause(PAUSE_AFTER_FAILURE_MS);
  }

  async function runChanger(holding: Holding, random: Random): Promise<void> {
    while (!stopping) {
      await change(holding, random);
      await pause(random.below(changePauseMs + 1));
    }
  }

  function pickKey(random: Random): HeldKey | undefined {
    if (random.below(STRANGERS) === 0) return new HeldKey(keyFormat.generate().reveal());
    const { keys } = random.pick(held) as Holding;
    const dice = random.next();
    if (dice < 0.5) return keys.at(-1);
    return random.pick(dice < 0.8 ? keys.slice(-4) : keys);
  }

  async function runValidator(random: Random): Promise<void> {
    while (!stopping) {
      const key = pickKey(random);
      const operation = key && (await pickClient(random).validate(key));
      if (operation?.outcome !== 'ok') await pause(PAUSE_AFTER_FAILURE_MS);
    }
  }

  let stream = seed;
  // Far apart, so that no two loops choose alike.
  const nextRandom = () => createRandom(Math.imul(stream++, 0x9e3779b1));
  const loops = [
    ...held.flatMap((one) => Array.from({ length: changersPerMerchant }, () => runChanger(one, nextRandom()))),
    ...Array.from({ length: validators }, () => runValidator(nextRandom())),
  ];

  return {
    history: () => recorder.history(),
    async stop() {
      stopping = true;
      await Promise.all(loops);
      const latest = held.flatMap(({ keys }) => keys.slice(-KEYS_AT_END));
      await Promise.all(clients.flatMap((client) => latest.map((key) => client.validate(key))));
      recorder.close();
      return recorder.history();
    },
  };
}

/** Runs a workload for so many milliseconds, and resolves to its whole history. */
export async function runWorkload(options: WorkloadOptions & { readonly durationMs: number }): Promise<History> {
  const workload = startWorkload(options);
  await pause(options.durationMs);
  return workload.stop();
}

interface Holding {
  readonly merchantId: string;
  readonly keys: HeldKey[];
}
