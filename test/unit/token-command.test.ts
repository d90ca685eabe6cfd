import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DEVELOPER_AUDIENCE, DEVELOPER_ISSUER, openDeveloperKey } from '../../src/auth/developer-key.ts';
import { readMoment } from '../../src/auth/moment.ts';
import { createTokenVerifier } from '../../src/auth/token-verifier.ts';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { runNode, type ScriptResult } from '../../testkit/service/run-node.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';

const HOUR_S = 3_600;

interface Claims {
  readonly iat: number;
  readonly exp: number;
  readonly [name: string]: unknown;
}

function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
}

describe('npm run token', () => {
  let directory: TemporaryDirectory;
  let dataDir: string;

  before(() => {
    directory = createTemporaryDirectory();
    dataDir = join(directory.path, 'data');
  });

  after(() => directory.remove());

  function makeToken(options: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    return runNode(['src/token-command.ts', ...options], { DATA_DIR: dataDir, ...environment });
  }

  function tokenIn({ exitCode, stdout, stderr }: ScriptResult): string {
    expect(stderr).to.equal('');
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
    return stdout.trim();
  }

  it('prints a token alone, that a service in developer mode on the same directory takes', async () => {
    const token = tokenIn(await makeToken(['--merchant', 'm1', '--scope', 'other keys.validate']));

    const verifier = createTokenVerifier({
      tokenKey: openDeveloperKey(dataDir).tokenKey,
      issuer: DEVELOPER_ISSUER,
      audience: DEVELOPER_AUDIENCE,
      merchantClaim: 'merchant_id',
      keyFormat: createKeyFormat('ipa_live_'),
      clock: readMoment,
    });
    const bearer = await verifier.verify([`Bearer ${token}`]);
    expect(bearer.anyMerchant).to.equal(false);
    expect([...bearer.merchantIds]).to.deep.equal(['m1']);
    expect([...bearer.scopes]).to.deep.equal(['other', 'keys.validate']);
  });

  it('makes it for an hour and without a scope, where nothing else is said', async () => {
    const { iat, exp, ...claims } = claimsOf(tokenIn(await makeToken(['--merchant', 'm1'])));

    expect(exp - iat).to.equal(HOUR_S);
    expect(Math.abs(iat - Date.now() / 1000)).to.be.below(60);
    expect(claims).to.deep.equal({ merchant_id: 'm1', iss: DEVELOPER_ISSUER, aud: DEVELOPER_AUDIENCE });
  });

  for (const [ttl, seconds] of [
    ['90s', 90],
    ['5m', 300],
    ['12h', 12 * HOUR_S],
    ['7d', 7 * 24 * HOUR_S],
  ] as const) {
    it(`makes it for ${ttl} when asked to`, async () => {
      const { iat, exp } = claimsOf(tokenIn(await makeToken(['--merchant', 'm1', '--ttl', ttl])));

      expect(exp - iat).to.equal(seconds);
    });
  }

  it('makes it for several merchants, and for all of them', async () => {
    const several = claimsOf(tokenIn(await makeToken(['--merchant', 'm1', '--merchant', 'm2'])));
    const all = claimsOf(tokenIn(await makeToken(['--merchant', '*'])));

    expect(several['merchant_id']).to.deep.equal(['m1', 'm2']);
    expect(all['merchant_id']).to.equal('*');
  });

  it('writes the merchant into the configured claim', async () => {
    const token = tokenIn(await makeToken(['--merchant', 'm1'], { JWT_MERCHANT_CLAIM: 'merchants' }));

    expect(claimsOf(token)).to.include({ merchants: 'm1' }).and.not.to.have.property('merchant_id');
  });

  describe('refuses with exit code 1, says why and how it is used, and makes no key', () => {
    const refused: readonly (readonly [what: string, options: readonly string[], message: RegExp])[] = [
      ['no merchant', [], /^--merchant: is missing\.\n/],
      ['a merchant without a name', ['--merchant'], /^[^\n]*--merchant/],
      [
        'a ttl without a unit',
        ['--merchant', 'm1', '--ttl', '60'],
        /^--ttl: must be a number above 0 and s, m, h or d/,
      ],
      ['a ttl of an unknown unit', ['--merchant', 'm1', '--ttl', '1w'], /^--ttl: /],
      ['a ttl in two units', ['--merchant', 'm1', '--ttl', '1h30m'], /^--ttl: /],
      ['a ttl of 0', ['--merchant', 'm1', '--ttl', '0h'], /^--ttl: /],
      ['a negative ttl', ['--merchant', 'm1', '--ttl=-1h'], /^--ttl: /],
      ['a fraction as the ttl', ['--merchant', 'm1', '--ttl', '1.5h'], /^--ttl: /],
      ['an empty ttl', ['--merchant', 'm1', '--ttl', ''], /^--ttl: /],
      ['an endless ttl', ['--merchant', 'm1', '--ttl', `${'9'.repeat(20)}d`], /^--ttl: /],
      ['an option that is not there', ['--merchant', 'm1', '--audience', 'x'], /^[^\n]*--audience/],
      ['an argument without an option', ['m1'], /^[^\n]*m1/],
    ];

    for (const [what, options, message] of refused) {
      it(what, async () => {
        const unused = join(directory.path, 'unused');

        const { exitCode, stdout, stderr } = await makeToken(options, { DATA_DIR: unused });

        expect(stderr).to.match(message).and.to.include('usage: npm run');
        expect(stdout).to.equal('');
        expect(exitCode).to.equal(1);
        expect(readdirSync(directory.path)).not.to.include('unused');
      });
    }

    it('where a JWT key is configured: then its issuer makes the tokens', async () => {
      const unused = join(directory.path, 'unused');

      const result = await makeToken(['--merchant', 'm1'], { ...JWT_ENVIRONMENT, DATA_DIR: unused });

      expect(result.stderr).to.match(/^A JWT key is configured: its issuer makes the tokens\.\n/);
      expect(result.stderr).not.to.include(JWT_ENVIRONMENT.JWT_HS256_SECRET);
      expect(result).to.include({ exitCode: 1, stdout: '' });
      expect(readdirSync(directory.path)).not.to.include('unused');
    });

    it('where the configuration is wrong, naming each variable', async () => {
      const result = await makeToken(['--merchant', 'm1'], { HTTP_PORT: 'x', KEY_PREFIX: 'y' });

      expect(result.stderr).to.match(/^HTTP_PORT: [^\n]+\nKEY_PREFIX: [^\n]+\n/);
      expect(result).to.include({ exitCode: 1, stdout: '' });
    });
  });
});
