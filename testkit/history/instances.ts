import { join } from 'node:path';
import { OwnedProcess } from '../servers/owned-process.ts';
import { waitUntil } from '../servers/wait-until.ts';
import { JWT_ENVIRONMENT, signToken } from '../tokens.ts';
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

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 20_000;
const DAY_S = 86_400;
const LISTENING = /"ports":\{"http":\d+,"grpc":(\d+)/;

/** Starts them on ports that the system chooses, and waits until they listen. */
export async function startInstances({ count, environment }: InstancesOptions): Promise<Instances> {
  const started: OwnedProcess[] = [];
  const stop = async () => {
    await Promise.all(started.map((instance) => instance.stop()));
  };
  try {
    const endpoints: Endpoint[] = [];
    for (let index = 0; index < count; index++) {
      const instance = await OwnedProcess.start(process.execPath, ['src/main.ts'], {
        cwd: ROOT,
        environment: {
          PATH: process.env['PATH'],
          ...JWT_ENVIRONMENT,
          ...FREE_PORTS,
          VALIDATE_AUTH: 'none',
          ...environment,
        },
      });
      started.push(instance);
      endpoints.push({ name: String.fromCharCode(97 + index), address: `127.0.0.1:${await grpcPortOf(instance)}` });
    }
    return { endpoints, token: await signToken({ exp: Math.floor(Date.now() / 1000) + DAY_S }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const FREE_PORTS = { HTTP_PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0' };

function grpcPortOf(instance: OwnedProcess): Promise<string> {
  return waitUntil(
    'an instance listens',
    () => {
      const port = LISTENING.exec(instance.output)?.[1];
      if (port === undefined) throw new Error(instance.output);
      return port;
    },
    { timeoutMs: START_TIMEOUT_MS },
  );
}
