import { join } from 'node:path';
import type { Operation } from '../history/history.ts';
import { findFreePort } from '../servers/free-port.ts';
import { OwnedProcess } from '../servers/owned-process.ts';
import type { TcpProxy } from '../servers/tcp-proxy.ts';
import { waitUntil } from '../servers/wait-until.ts';
import { until } from '../until.ts';
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
  /** Where calls of it are recorded: shared by all instances of a cluster. */
  readonly history: Operation[];
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
}

export interface InstanceSetup extends Wiring {
  readonly name: string;
  readonly history: Operation[];
}

const ROOT = join(import.meta.dirname, '../..');
const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 20_000;
const ADMIN_TIMEOUT_MS = 2_000;

/** Starts an instance and waits until it listens. */
export async function startInstance(setup: InstanceSetup): Promise<Instance> {
  const { name, history } = setup;
  const [http, grpc, admin] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  const environment = {
    PATH: process.env['PATH'],
    HTTP_PORT: `${http}`,
    GRPC_PORT: `${grpc}`,
    ADMIN_PORT: `${admin}`,
    ...setup.environment,
  };
  let running = await startProcess(environment);

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
    history,
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
      return running.isRunning;
    },
    isBound: async () => (await metric(/^iterapay_keys_redis_bound (\d+)/m)) === 1,
    redisHits: () => metric(/^iterapay_keys_lookups_total\{source="redis"\} (\d+)/m),
    waitingConfirmations: () => metric(/^iterapay_keys_confirmations_waiting (\d+)/m),
    pause: () => running.pause(),
    resume: () => running.resume(),
    kill9: () => running.kill9(),
    terminate: () => running.stop(),
    async restart() {
      await running.stop();
      running = await startProcess(environment);
    },
  };
}

/** Waits until the instance uses Redis. */
export async function untilBound(instance: Instance, timeoutMs: number): Promise<void> {
  await until(`instance ${instance.name} uses Redis`, () => instance.isBound(), timeoutMs);
}

/** Waits until the instance does without Redis. */
export async function untilUnbound(instance: Instance, timeoutMs: number): Promise<void> {
  await until(`instance ${instance.name} does without Redis`, async () => !(await instance.isBound()), timeoutMs);
}

async function startProcess(environment: NodeJS.ProcessEnv): Promise<OwnedProcess> {
  const running = await OwnedProcess.start(process.execPath, [join(ROOT, 'src/main.ts')], { cwd: ROOT, environment });
  try {
    await waitUntil(
      'an instance listens',
      () => {
        if (running.isRunning && !running.output.includes('"msg":"listening"')) throw new Error(running.output);
      },
      { timeoutMs: START_TIMEOUT_MS },
    );
    running.assertRunning();
    return running;
  } catch (error) {
    await running.kill9();
    throw error;
  }
}

function wired<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the cluster was not asked for it');
  return part;
}
