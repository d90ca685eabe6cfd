import { type ServiceProcess, startServiceProcess } from '../service/service-process.ts';
import { signToken, TEST_SETTINGS } from '../service/tokens.ts';
import type { Endpoint } from './recorder.ts';

/** Instances of the service, each a process of its own. */
export interface Instances {
  readonly endpoints: readonly Endpoint[];
  /** For all merchants, for a day. */
  readonly token: string;
  stop(): Promise<void>;
}

export interface InstancesOptions {
  readonly count: number;
  /** Says which store they share: `DATA_DIR`, or `MONGODB_URL` and `REDIS_URL`. */
  readonly environment: Readonly<Record<string, string>>;
}

const DAY_S = 86_400;

/** Starts them on ports that the system chooses, and waits until they listen. */
export async function startInstances({ count, environment }: InstancesOptions): Promise<Instances> {
  const started: ServiceProcess[] = [];
  const stop = async () => {
    await Promise.all(started.map((instance) => instance.process.stop()));
  };
  try {
    const endpoints: Endpoint[] = [];
    for (let index = 0; index < count; index++) {
      const instance = await startServiceProcess({ ...TEST_SETTINGS, ...environment });
      started.push(instance);
      endpoints.push({ name: String.fromCharCode(97 + index), address: instance.grpcAddress });
    }
    return { endpoints, token: await signToken({ exp: Math.floor(Date.now() / 1000) + DAY_S }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
