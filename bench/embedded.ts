import { openDeveloperKey } from '../src/auth/developer-key.ts';
import { createTemporaryDirectory } from '../testkit/temporary-directory.ts';
import { compareCpu, print } from './cpu.ts';
import { createValidateLoad } from './load.ts';
import { startServerProcess } from './server-process.ts';
import { createServiceClient, reportLatency } from './service-client.ts';

/** What Validate may cost on the embedded store, as a multiple of the empty call. */
const AIM = 1.25;
const CHANGES = 300;

/** Measures the service on the embedded store. */
export async function benchEmbedded(): Promise<void> {
  const directory = createTemporaryDirectory();
  const token = await openDeveloperKey(directory.path).issue({ merchant_id: '*', scope: 'keys.validate' }, 3600);
  const environment = { DATA_DIR: directory.path };
  const start = () => startServerProcess('src/main.ts', environment);
  const service = await start();
  const client = createServiceClient(service, token);
  const apiKey = await client.generate('bench');
  const load = await createValidateLoad(apiKey);
  const guardedLoad = await createValidateLoad(apiKey, token);

  try {
    await compareCpu('Embedded store', [
      { name: 'no-op grpc-js server', start: () => startServerProcess('bench/noop-server.ts'), load },
      { name: 'Validate', start, load, aim: AIM },
      {
        name: 'Validate with a service token',
        start: () => startServerProcess('src/main.ts', { ...environment, VALIDATE_AUTH: 'jwt' }),
        load: guardedLoad,
      },
    ]);
    print('');
    await reportLatency('Generate', CHANGES, () => client.generate('m1'));
    await reportLatency('Generate and Revoke', CHANGES, async () => {
      await client.generate('m1');
      await client.revoke('m1');
    });
  } finally {
    load.dispose();
    guardedLoad.dispose();
    await service.stop();
    directory.remove();
  }
}
