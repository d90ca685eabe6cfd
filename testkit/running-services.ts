import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';
import { JWT_ENVIRONMENT } from './tokens.ts';

/** Service processes of one test, which share a data directory of its own. */
export interface RunningServices {
  /** The directory: `DATA_DIR` is `data` in it. */
  directory(): string;
  /**
   * Starts a service that takes the tokens of `signToken` and needs no token for Validate.
   *
   * @param environment replaces or adds to these settings; an empty value unsets one
   */
  start(environment?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
}

/** To be called in a `describe`: whatever a test starts is gone after it. */
export function shareServices(): RunningServices {
  let directory: TemporaryDirectory;
  let services: ServiceProcess[] = [];

  beforeEach(() => {
    directory = createTemporaryDirectory();
    services = [];
  });

  afterEach(async () => {
    await Promise.all(services.map((service) => service.end('SIGKILL')));
    directory.remove();
  });

  return {
    directory: () => directory.path,
    async start(environment = {}) {
      const service = await startServiceProcess({
        ...JWT_ENVIRONMENT,
        VALIDATE_AUTH: 'none',
        DATA_DIR: `${directory.path}/data`,
        ...environment,
      });
      services.push(service);
      return service;
    },
  };
}

/** The lines that the service has logged so far. */
export function logLines(service: ServiceProcess): Readonly<Record<string, unknown>>[] {
  const lines = service
    .output()
    .stdout.split('\n')
    .filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
