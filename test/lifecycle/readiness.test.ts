import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type MongoServer, startMongoServer } from '../../testkit/servers/mongo-server.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const MAX_WAIT_MS = 15_000;

describe('A service whose store is away is up and not ready', function () {
  this.timeout(40_000);
  let directory: TemporaryDirectory;
  let mongo: MongoServer;
  let service: TestService | undefined;

  before(async function () {
    this.timeout(60_000);
    directory = createTemporaryDirectory();
    mongo = await startMongoServer();
  });

  after(async () => {
    await mongo.stop();
    directory.remove();
  });

  afterEach(() => service?.stop());

  const statusesOf = ({ adminUrl }: TestService) =>
    Promise.all(['/readyz', '/healthz'].map(async (path) => (await fetch(`${adminUrl}${path}`)).status));

  it('once the file of the embedded store is gone', async () => {
    service = await startService({ DATA_DIR: directory.path });
    const before = await statusesOf(service);
    rmSync(join(directory.path, 'keys.lmdb'));

    const reply = await fetch(`${service.adminUrl}/readyz`);

    expect(before).to.deep.equal([200, 200]);
    expect(reply.status).to.equal(503);
    expect(await reply.text()).to.equal('The key store cannot be read at the moment.\n');
    expect(await statusesOf(service)).to.deep.equal([503, 200]);
  });

  it('until MongoDB is back', async () => {
    const started = await startService({ MONGODB_URL: mongo.url, MONGODB_TIMEOUT_MS: '500' });
    service = started;
    const before = await statusesOf(started);
    await mongo.kill9();
    const whileAway = await statusesOf(started);
    await mongo.restart();

    await waitUntil('the service is ready', async () => (await statusesOf(started))[0] === 200, {
      timeoutMs: MAX_WAIT_MS,
    });
    expect([before, whileAway]).to.deep.equal([
      [200, 200],
      [503, 200],
    ]);
  });
});
