import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generate, info, revoke, validate } from '../../../testkit/clients/each-transport.ts';
import { failureOf } from '../../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../../testkit/clients/rpc-transports.ts';
import { logLines } from '../../../testkit/service/log-lines.ts';
import { shareServices } from '../../../testkit/service/shared-services.ts';
import { bearer } from '../../../testkit/service/tokens.ts';
import { waitUntil } from '../../../testkit/wait-until.ts';

const NOTICED_MS = 5_000;
const KEYS_BEFORE = 20;

interface Paths {
  readonly directory: string;
  readonly file: string;
  readonly locks: string;
  /** A copy of the store as it was when it had fewer keys. */
  readonly older: string;
}

function emptyDirectory(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
}

/** What can happen to the files, and to whom it happens by accident. */
const LOSSES: Readonly<Record<string, (paths: Paths) => void>> = {
  'is deleted': ({ file }) => rmSync(file),
  'is cut off to nothing': ({ file }) => truncateSync(file),
  'is cut off to a half': ({ file }) => truncateSync(file, statSync(file).size / 2),
  'is replaced by another one': ({ file, older }) => renameSync(older, file),
  'is overwritten by an older copy': ({ file, older }) => copyFileSync(older, file),
  'is overwritten by something else': ({ file }) => writeFileSync(file, 'something else'),
  'is moved away': ({ file, directory }) => renameSync(file, join(directory, 'elsewhere')),
  'loses its locks': ({ locks }) => rmSync(locks),
  'vanishes with its directory': ({ directory }) => rmSync(directory, { recursive: true }),
  'vanishes from its directory': ({ directory }) => emptyDirectory(directory),
  'is in an emptied directory that another one takes the place of': ({ directory }) => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
  },
};

describe('A service whose store’s file', () => {
  const services = shareServices();

  for (const [what, lose] of Object.entries(LOSSES)) {
    it(`${what} while it runs: says so once, is not ready, and answers nothing but unavailable`, async () => {
      const authorization = await bearer();
      const directory = join(services.directory(), 'data');
      const file = join(directory, 'keys.lmdb');
      const older = join(services.directory(), 'older');
      const service = await services.start();
      const client = grpcJsTransport('gRPC port').connect(service);
      const { key: apiKey } = await client.call(generate, { merchantId: 'm1' }, { authorization });
      copyFileSync(file, older);
      for (let index = 0; index < KEYS_BEFORE; index++) {
        await client.call(generate, { merchantId: `m${index}` }, { authorization });
      }
      expect((await fetch(`${service.adminUrl}/readyz`)).status).to.equal(200);

      lose({ directory, file, locks: `${file}-lock`, older });
      const left = existsSync(directory) ? readdirSync(directory) : undefined;
      await waitUntil(
        'it is noticed',
        async () => expect((await fetch(`${service.adminUrl}/readyz`)).status).to.equal(503),
        {
          timeoutMs: NOTICED_MS,
        },
      );
      const failures = [
        await failureOf(client.call(validate, { apiKey })),
        await failureOf(client.call(info, { merchantId: 'm1' }, { authorization })),
        await failureOf(client.call(generate, { merchantId: 'm1' }, { authorization })),
        await failureOf(client.call(revoke, { merchantId: 'm1' }, { authorization })),
      ];
      const alive = await fetch(`${service.adminUrl}/healthz`);
      client.close();

      expect(failures.flatMap(({ errorInfos }) => errorInfos.map(({ reason }) => reason))).to.deep.equal(
        Array.from({ length: 4 }, () => 'UNAVAILABLE'),
      );
      expect(alive.status).to.equal(200);
      expect(logLines(service).filter(({ msg }) => String(msg).startsWith('the store is lost'))).to.have.length(1);
      expect(existsSync(directory) ? readdirSync(directory) : undefined, 'nothing is made anew').to.deep.equal(left);
      expect(await service.end('SIGTERM')).to.equal(0);
    });
  }

  it('is deleted while there are no calls: says so by itself', async () => {
    const service = await services.start();

    rmSync(join(services.directory(), 'data', 'keys.lmdb'));

    await waitUntil(
      'it is noticed',
      () => {
        expect(logLines(service).filter(({ msg }) => String(msg).startsWith('the store is lost'))).to.have.length(1);
      },
      { timeoutMs: NOTICED_MS },
    );
  });
});
