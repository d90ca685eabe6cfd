import { createKeyClient } from '../clients/key-client.ts';
import type { Operation } from '../history/history.ts';
import { createRecordingClient, type RecordingClient } from '../history/recording-client.ts';
import { findFreePort } from '../servers/free-port.ts';
import type { TcpProxy } from '../servers/tcp-proxy.ts';
import { startServiceProcess } from '../service/service-process.ts';
import { signToken } from '../service/tokens.ts';
import { waitUntil } from '../wait-until.ts';
import type { Wiring } from './instance-wiring.ts';
import type { RedirectedAddress } from './redirected-address.ts';

/** One instance of the service in a process of its own. Its addresses stay the same when it is started again. */
export interface Instance {
  readonly name: string;
  readonly httpUrl: string;
  /** `host:port` of the gRPC port. */
  readonly grpcAddress: string;
  /** Its way to Redis. Throws where the cluster was not asked for links. */
  readonly redisLink: TcpProxy;
  /** Its way to MongoDB. Throws where the cluster was not asked for links. */
  readonly mongoLink: TcpProxy;
  /** Where it finds its Redis. Throws where the cluster was not asked for redirected addresses. */
  readonly redisAddress: RedirectedAddress;
  readonly isRunning: boolean;
  /** Calls it, and records the calls in the history that all instances of a cluster share. */
  readonly client: RecordingClient;
  /** Whether it uses Redis at the moment. */
  isBound(): Promise<boolean>;
  /** How many lookups Redis has answered since it started. */
  redisHits(): Promise<number>;
  /** How many revocations wait in it for a cache that it does not reach. */
  waitingConfirmations(): Promise<number>;
  /** SIGSTOP. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL, and resolves when it is gone. */
  kill9(): Promise<void>;
  /** SIGTERM, and resolves when it is gone. */
  terminate(): Promise<void>;
  /** Starts it again; stops it first if it runs. */
  restart(): Promise<void>;
  /** SIGKILL, and lets go of the connection to it: it is not called any more. */
  discard(): Promise<void>;
}

export interface InstanceSetup extends Wiring {
  readonly name: string;
  /** Where its calls are recorded. */
  readonly history: Operation[];
}

const HOST = '127.0.0.1';
const ADMIN_TIMEOUT_MS = 2_000;
/** Longer than the service's own limits in the faults that are tried here. */
const CALL_DEADLINE_MS = 15_000;
const DAY_S = 86_400;

/** Starts an instance and waits until it listens. */
export async function startInstance(setup: InstanceSetup): Promise<Instance> {
  const { name, history } = setup;
  const [http, grpc, admin] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  const environment = {
    HTTP_PORT: `${http}`,
    GRPC_PORT: `${grpc}`,
    ADMIN_PORT: `${admin}`,
    ...setup.environment,
  };
  const token = await signToken({ exp: Math.floor(Date.now() / 1000) + DAY_S });
  const start = () => startServiceProcess(environment);
  let running = await start();
  let keyClient = createKeyClient(running.grpcAddress, token);
  const client = createRecordingClient(() => keyClient, {
    instance: name,
    validateDeadlineMs: CALL_DEADLINE_MS,
    changeDeadlineMs: CALL_DEADLINE_MS,
    onEnded: (operation) => history.push(operation),
  });

  async function metric(pattern: RegExp): Promise<number> {
    const signal = AbortSignal.timeout(ADMIN_TIMEOUT_MS);
    const response = await fetch(`http://${HOST}:${admin}/metrics`, { signal });
    const value = pattern.exec(await response.text())?.[1];
    if (value === undefined) throw new Error(`no metric matches ${pattern}`);
    return Number(value);
  }

  return {
    name,
    httpUrl: `http://${HOST}:${http}`,
    grpcAddress: `${HOST}:${grpc}`,
    client,
    get redisLink() {
      return wired(setup.redisLink);
    },
    get mongoLink() {
      return wired(setup.mongoLink);
    },
    get redisAddress() {
      return wired(setup.redisAddress);
    },
    get isRunning() {
      return running.process.isRunning;
    },
    isBound: async () => (await metric(/^iterapay_keys_redis_bound (\d+)/m)) === 1,
    redisHits: () => metric(/^iterapay_keys_lookups_total\{source="redis"\} (\d+)/m),
    waitingConfirmations: () => metric(/^iterapay_keys_confirmations_waiting (\d+)/m),
    pause: () => running.process.pause(),
    resume: () => running.process.resume(),
    kill9: () => running.process.kill9(),
    terminate: () => running.process.stop(),
    async restart() {
      await running.process.stop();
      running = await start();
      // The old one may wait before it connects again.
      keyClient.close();
      keyClient = createKeyClient(running.grpcAddress, token);
    },
    async discard() {
      await running.process.kill9();
      keyClient.close();
    },
  };
}

/** Waits until the instance uses Redis. */
export async function untilBound(instance: Instance, timeoutMs: number): Promise<void> {
  await waitUntil(`instance ${instance.name} uses Redis`, () => instance.isBound(), { timeoutMs });
}

/** Waits until the instance does without Redis. */
export async function untilUnbound(instance: Instance, timeoutMs: number): Promise<void> {
  await waitUntil(`instance ${instance.name} does without Redis`, async () => !(await instance.isBound()), {
    timeoutMs,
  });
}

function wired<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the cluster was not asked for it');
  return part;
}
