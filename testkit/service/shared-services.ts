import { createTemporaryDirectory, type TemporaryDirectory } from '../temporary-directory.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { TEST_SETTINGS } from './tokens.ts';

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
        ...TEST_SETTINGS,
        DATA_DIR: `${directory.path}/data`,
        ...environment,
      });
      services.push(service);
      return service;
    },
  };
}

/**
 * To be called in a `describe`: one service process for all its tests, which takes the tokens of `signToken` and
 * needs no token for Validate.
 */
export function shareService(environment: Readonly<Record<string, string>> = {}): () => ServiceProcess {
  const directory = createTemporaryDirectory();
  let service: ServiceProcess;

  before(async () => {
    service = await startServiceProcess({ ...TEST_SETTINGS, DATA_DIR: directory.path, ...environment });
  });

  after(async () => {
    await service.end('SIGKILL');
    directory.remove();
  });

  return () => service;
}
