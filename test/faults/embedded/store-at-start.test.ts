import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createKeyFormat } from '../../../src/core/api-key.ts';
import type { MerchantId } from '../../../src/core/merchant-id.ts';
import { openLmdbStore } from '../../../src/store/lmdb/lmdb-store.ts';
import { generateKey, validateStatus } from '../../../testkit/clients/merchant-keys.ts';
import { ServiceExited } from '../../../testkit/service/service-process.ts';
import { shareServices } from '../../../testkit/service/shared-services.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../../testkit/temporary-directory.ts';

const KEYS = 30;

describe('A service that starts on a data directory', () => {
  const services = shareServices();
  let directory: string;
  let file: string;
  let keys: string[];
  /** A store with keys, to be copied. */
  let template: TemporaryDirectory;
  const keyFormat = createKeyFormat('ipa_live_');

  before(async () => {
    template = createTemporaryDirectory();
    const made = Array.from({ length: KEYS }, () => keyFormat.generate());
    const store = openLmdbStore(template.path);
    for (const [index, { hash, visiblePrefix }] of made.entries()) {
      await store.activate(`m${index}` as MerchantId, { hash, visiblePrefix, createdAt: new Date() });
    }
    await store.close();
    keys = made.map((key) => key.reveal());
  });

  after(() => template.remove());

  beforeEach(() => {
    directory = join(services.directory(), 'data');
    file = join(directory, 'keys.lmdb');
    cpSync(template.path, directory, { recursive: true });
  });

  async function refusalOf(): Promise<ServiceExited> {
    try {
      await services.start();
    } catch (error) {
      if (error instanceof ServiceExited) return error;
      throw error;
    }
    throw new Error('the service started');
  }

  const BROKEN: Readonly<Record<string, () => void>> = {
    'an empty file in place of the store': () => truncateSync(file),
    'a store that is cut off to a half': () => truncateSync(file, statSync(file).size / 2),
    'a store that is cut off to a quarter': () => truncateSync(file, statSync(file).size / 4),
    'a store of which nothing but the beginning of its header is left': () => truncateSync(file, 100),
    'something else in place of the store': () => writeFileSync(file, 'something else'.repeat(10_000)),
    'a directory in place of the store': () => {
      rmSync(file);
      mkdirSync(file);
    },
    'the locks of a store that is gone': () => rmSync(file),
  };
  for (const [what, breakStore] of Object.entries(BROKEN)) {
    it(`with ${what}: says so in one line, ends with exit code 1, and changes nothing`, async () => {
      breakStore();
      const left = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;

      const { exitCode, stderr } = await refusalOf();

      expect(stderr).to.match(/^DATA_DIR: cannot be used: [^\n]*keys\.lmdb [^\n]+\n$/);
      expect(exitCode).to.equal(1);
      expect(statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined).to.deep.equal(left);
    });
  }

  it('without the file of locks: makes it anew, and has every key', async () => {
    rmSync(`${file}-lock`);

    const { httpUrl } = await services.start();

    const statuses = await Promise.all(keys.map((key) => validateStatus(httpUrl, key)));
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
  });

  it('that is empty: begins with an empty store', async () => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);

    const { httpUrl } = await services.start();

    expect(await validateStatus(httpUrl, keys[0] ?? '')).to.equal(401);
    expect(await validateStatus(httpUrl, await generateKey(httpUrl, 'm1'))).to.equal(200);
  });

  it('of old, that others can read: keeps the store for its owner alone', async () => {
    chmodSync(directory, 0o755);
    chmodSync(file, 0o644);
    chmodSync(`${file}-lock`, 0o666);

    const { httpUrl } = await services.start();

    expect(await validateStatus(httpUrl, await generateKey(httpUrl, 'm1'))).to.equal(200);
    expect(modes()).to.deep.equal(['600', '600']);
  });

  it('with a new store in a directory that others can read: keeps the store for its owner alone', async () => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory, { mode: 0o755 });

    const { httpUrl } = await services.start();

    expect(await validateStatus(httpUrl, await generateKey(httpUrl, 'm1'))).to.equal(200);
    expect(modes()).to.deep.equal(['600', '600']);
  });

  function modes(): string[] {
    return [file, `${file}-lock`].map((path) => (statSync(path).mode & 0o777).toString(8));
  }
});
