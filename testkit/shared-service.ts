import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';
import { JWT_ENVIRONMENT } from './tokens.ts';

/**
 * To be called in a `describe`: one service process for all its tests, which takes the tokens of `signToken` and
 * needs no token for Validate.
 */
export function shareService(environment: Readonly<Record<string, string>> = {}): () => ServiceProcess {
  const directory = createTemporaryDirectory();
  let service: ServiceProcess;

  before(async () => {
    const common = { ...JWT_ENVIRONMENT, VALIDATE_AUTH: 'none', DATA_DIR: directory.path };
    service = await startServiceProcess({ ...common, ...environment });
  });

  after(async () => {
    await service.end('SIGKILL');
    directory.remove();
  });

  return () => service;
}

export const portOf = (url: string): number => Number(new URL(url).port);
