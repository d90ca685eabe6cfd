import { closeSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseLog } from '../../testkit/service/log-lines.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { DROPPED, PROMPTLY, REFUSALS, shareRedirectedService } from './redirected-service.ts';

const FILE_LIMIT_BYTES = 64 * 1024 * 1024;
const ROUNDS = 5;
/** Bare loopback: a token is printed. */
const DEVELOPER_MODE = {};

describe('A service whose standard output is a file', () => {
  const service = shareRedirectedService();
  let path: string;
  let file: number;
  let full: number;

  beforeEach(() => {
    path = join(service.directory(), 'log');
    file = openSync(path, 'a');
    full = openSync('/dev/full', 'w');
  });

  afterEach(() => {
    closeSync(file);
    closeSync(full);
  });

  it('has every line in it, and all refusals are counted', async () => {
    await service.start(file);

    for (let round = 0; round < ROUNDS; round++) await service.call();
    await service.expectPromptEnd();

    const lines = parseLog(readFileSync(path, 'utf8'));
    const refusals = lines.filter(({ msg }) => msg === 'a gateway was refused: check its token');
    expect(refusals.reduce((sum, { count }) => sum + Number(count), 0)).to.equal(ROUNDS * REFUSALS);
    expect(lines.map(({ msg }) => msg)).to.include('draining');
    expect([lines[0]?.msg, lines.at(-1)?.msg]).to.deep.equal(['listening', 'stopped']);
  });

  it('answers all the same on a full disk, drops and counts lines, and stops in time', async () => {
    await service.start(full, { stderr: full });

    await service.callUntilDropped();

    await service.expectPromptEnd();
  });

  it('starts in developer mode on a full disk, though its token cannot be printed', async () => {
    await service.start(full, { stderr: full, tokens: DEVELOPER_MODE });

    await service.expectPromptEnd();
  });

  it('answers all the same at the limit of the file’s size, and goes on when there is space again', async () => {
    // Nearly there, so that the limit is far beyond what the store needs. `ulimit` counts blocks of 512 bytes.
    truncateSync(path, FILE_LIMIT_BYTES - 2_000);
    await service.start(file, { command: `ulimit -S -f ${FILE_LIMIT_BYTES / 512} && exec "$@"` });
    await service.callUntilDropped();

    truncateSync(path);
    await waitUntil('the count comes', () => expect(readFileSync(path, 'utf8')).to.include(DROPPED), PROMPTLY);
    await service.expectPromptEnd();

    const lines = parseLog(readFileSync(path, 'utf8'));
    expect(lines.map(({ msg }) => msg)).to.include('draining');
    expect(lines.at(-1)?.msg).to.equal('stopped');
  });
});
