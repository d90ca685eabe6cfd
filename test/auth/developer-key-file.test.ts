import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openDeveloperKey } from '../../src/auth/developer-key.ts';
import { ConfigError } from '../../src/config/config.ts';
import { runNode } from '../../testkit/service/run-node.ts';
import { ServiceExited } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';

const DEVELOPER_MODE = { JWT_HS256_SECRET: '', JWT_ISSUER: '', JWT_AUDIENCE: '', VALIDATE_AUTH: '' };
const KEY_FILE = 'developer-key.pem';

describe('The signing key of developer mode', () => {
  const services = shareServices();

  function dataDir(): string {
    return join(services.directory(), 'data');
  }

  function keyFile(): string {
    return join(dataDir(), KEY_FILE);
  }

  beforeEach(() => void openDeveloperKey(dataDir()));

  /** The message that the key is refused with; it has no path in it. */
  function refusal(userId?: number): string {
    try {
      openDeveloperKey(dataDir(), userId);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      const { message } = error as ConfigError;
      expect(message).not.to.include(services.directory());
      expect(message).to.match(/^DATA_DIR: cannot be used: [^\n]+\.$/);
      return message;
    }
    throw new Error('the key was taken');
  }

  function pem(key: KeyObject): string {
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  for (const mode of [0o644, 0o640, 0o604, 0o660, 0o602, 0o620, 0o610, 0o777]) {
    it(`is refused where others than its owner can do anything with it: ${mode.toString(8)}`, () => {
      chmodSync(keyFile(), mode);

      expect(refusal()).to.include('others can read or change developer-key.pem').and.to.include('`chmod 600 ');
    });
  }

  it('is taken when the advice was followed', () => {
    chmodSync(keyFile(), 0o644);
    refusal();

    execFileSync('chmod', ['600', KEY_FILE], { cwd: dataDir() });

    expect(() => openDeveloperKey(dataDir())).not.to.throw();
  });

  it('may be read-only for its owner', () => {
    chmodSync(keyFile(), 0o400);

    expect(() => openDeveloperKey(dataDir())).not.to.throw();
  });

  it('stops the start of the service, in one line, and the token command', async () => {
    chmodSync(keyFile(), 0o644);
    const line = refusal();

    const started: unknown = await services.start(DEVELOPER_MODE).catch((error: unknown) => error);
    const token = await runNode(['src/token-command.ts', '--merchant', 'm1'], { DATA_DIR: dataDir() });

    expect(started)
      .to.be.instanceOf(ServiceExited)
      .and.to.include({ exitCode: 1, stderr: `${line}\n` });
    expect(token).to.include({ exitCode: 1, stdout: '' });
    expect(token.stderr).to.include(line);
  });

  it('is not looked at where tokens come from a login service', async () => {
    chmodSync(keyFile(), 0o644);

    const service = await services.start();

    expect((await fetch(`${service.adminUrl}/readyz`)).status).to.equal(200);
  });

  it('is refused where it belongs to another user', () => {
    const somebodyElse = (process.getuid?.() ?? 0) + 1;

    expect(refusal(somebodyElse)).to.include('developer-key.pem belongs to another user');
  });

  it('is refused where it is a symbolic link, also one to a good key or to nothing', () => {
    const target = join(services.directory(), 'elsewhere.pem');
    renameSync(keyFile(), target);
    symlinkSync(target, keyFile());
    const toKey = refusal();
    rmSync(target);
    const toNothing = refusal();

    for (const message of [toKey, toNothing]) expect(message).to.include('developer-key.pem is a symbolic link');
    expect(existsSync(target), 'no key is made elsewhere').to.equal(false);
  });

  it('is refused where it is a folder', () => {
    rmSync(keyFile());
    mkdirSync(keyFile(), { mode: 0o700 });

    expect(refusal()).to.include('developer-key.pem is not a regular file');
  });

  it('is refused where it is a pipe, without waiting for what comes through', async () => {
    rmSync(keyFile());
    execFileSync('mkfifo', ['-m', '600', keyFile()]);

    // In a process of its own, since one that waits for a pipe to be opened does nothing else.
    const token = await runNode(['src/token-command.ts', '--merchant', 'm1'], { DATA_DIR: dataDir() });

    expect(token).to.include({ exitCode: 1, stdout: '' });
    expect(token.stderr).to.include('developer-key.pem is not a regular file');
  });

  const contents: Readonly<Record<string, (good: string) => string>> = {
    'nothing in it': () => '',
    'only a part of it': (good) => good.slice(0, 100),
    'something else in it': () => 'no key, but a secret',
    'a public key in it': () =>
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString(),
    'an RSA key in it': () => pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    'a key on another curve in it': () => pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey),
  };

  for (const [what, contentFrom] of Object.entries(contents)) {
    it(`is refused, not shown and not replaced, where the file has ${what}`, () => {
      const content = contentFrom(readFileSync(keyFile(), 'utf8'));
      writeFileSync(keyFile(), content);

      expect(refusal())
        .to.include('developer-key.pem holds no P-256 private key')
        .and.to.include('delete it')
        .and.not.to.include('secret');
      expect(readFileSync(keyFile(), 'utf8')).to.equal(content);
    });
  }

  for (const mode of [0o777, 0o770, 0o720, 0o702, 0o1777]) {
    it(`is refused where others can write to the folder, and so replace it: ${mode.toString(8)}`, () => {
      chmodSync(dataDir(), mode);
      const withKey = refusal();
      rmSync(keyFile());
      const withoutKey = refusal();

      for (const message of [withKey, withoutKey]) expect(message).to.include('others can write to it');
      expect(existsSync(keyFile()), 'no key is made there').to.equal(false);
    });
  }

  it('is taken from a folder that others may look into', () => {
    chmodSync(dataDir(), 0o755);

    expect(() => openDeveloperKey(dataDir())).not.to.throw();
  });
});
