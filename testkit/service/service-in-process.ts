import { type App, type AppParts, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../temporary-directory.ts';
import { TEST_SETTINGS } from './tokens.ts';

/** A service in this process, on ports of its own and an empty store. */
export interface TestService {
  /** Origin of the HTTP port, without a slash at its end. */
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly adminUrl: string;
  /** `host:port` of the gRPC port. */
  readonly grpcAddress: string;
  readonly httpPort: number;
  stop(): Promise<void>;
}

/**
 * Starts a service that takes the tokens of `signToken`, and needs no token for Validate.
 *
 * @param environment replaces or adds to these settings; an empty value unsets one
 * @param parts the service's own by default
 */
export async function startService(
  environment: Readonly<Record<string, string>> = {},
  parts?: AppParts,
): Promise<TestService> {
  const directory = createTemporaryDirectory();
  const settings = {
    ...TEST_SETTINGS,
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATA_DIR: directory.path,
    LOG_LEVEL: 'silent',
    ...environment,
  };
  const app = await start(directory, settings, parts);
  return {
    httpUrl: `http://127.0.0.1:${app.ports.http}`,
    grpcUrl: `http://127.0.0.1:${app.ports.grpc}`,
    adminUrl: `http://127.0.0.1:${app.ports.admin}`,
    grpcAddress: `127.0.0.1:${app.ports.grpc}`,
    httpPort: app.ports.http,
    async stop() {
      await app.stop();
      directory.remove();
    },
  };
}

/** Leaves no directory behind where the service is refused. */
async function start(
  directory: TemporaryDirectory,
  environment: Readonly<Record<string, string>>,
  parts: AppParts | undefined,
): Promise<App> {
  try {
    return await startApp(readConfig(environment), parts);
  } catch (error) {
    directory.remove();
    throw error;
  }
}
