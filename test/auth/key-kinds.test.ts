import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../src/config/config.ts';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';
import { startService } from '../../testkit/service/service-in-process.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { claimsWith, compactToken, hmac, signedToken } from './compact-token.ts';

type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const rsa = (modulusLength: number): KeyPair => generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string): KeyPair => generateKeyPairSync('ec', { namedCurve });
const ed25519 = (): KeyPair => generateKeyPairSync('ed25519');

/** What each kind of key allows: without JWT_ALGORITHMS, and besides that when JWT_ALGORITHMS says so. */
const KINDS: readonly {
  readonly kind: string;
  readonly make: () => KeyPair;
  readonly byDefault: readonly string[];
  readonly onDemand: readonly string[];
}[] = [
  {
    kind: 'RSA',
    make: () => rsa(2048),
    byDefault: ['RS256', 'PS256'],
    onDemand: ['RS384', 'RS512', 'PS384', 'PS512'],
  },
  { kind: 'P-256', make: () => ec('prime256v1'), byDefault: ['ES256'], onDemand: [] },
  { kind: 'P-384', make: () => ec('secp384r1'), byDefault: ['ES384'], onDemand: [] },
  { kind: 'P-521', make: () => ec('secp521r1'), byDefault: ['ES512'], onDemand: [] },
  { kind: 'Ed25519', make: ed25519, byDefault: ['EdDSA', 'Ed25519'], onDemand: [] },
];

const ALL = KINDS.flatMap(({ byDefault, onDemand }) => [...byDefault, ...onDemand]);
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];

describe('JWT_PUBLIC_KEY_FILE', () => {
  let directory: TemporaryDirectory;

  before(() => {
    directory = createTemporaryDirectory();
  });

  after(() => directory.remove());

  /** The settings of a service whose file holds this. */
  function settings(content: string | Buffer, algorithms = ''): Readonly<Record<string, string>> {
    const path = join(directory.path, 'public.pem');
    writeFileSync(path, content);
    return { JWT_HS256_SECRET: '', JWT_PUBLIC_KEY_FILE: path, JWT_ALGORITHMS: algorithms };
  }

  async function refusal(environment: Readonly<Record<string, string>>): Promise<ConfigError> {
    try {
      await (await startService(environment)).stop();
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
    throw new Error('the service started');
  }

  for (const { kind, make, byDefault, onDemand } of KINDS) {
    describe(`with a key of the kind ${kind}`, () => {
      let keys: KeyPair;
      let pem: string;

      before(() => {
        keys = make();
        pem = toPem(keys.publicKey);
      });

      it(`accepts ${byDefault.join(' and ')} unless JWT_ALGORITHMS says otherwise, and no more`, async () => {
        const service = await startService(settings(pem));
        const statuses = await statusByAlgorithm(service.httpUrl, keys.privateKey, [...byDefault, ...onDemand]);
        await service.stop();

        expect(statuses).to.deep.equal({
          ...Object.fromEntries(byDefault.map((algorithm) => [algorithm, 404])),
          ...Object.fromEntries(onDemand.map((algorithm) => [algorithm, 401])),
        });
      });

      for (const algorithm of [...byDefault, ...onDemand]) {
        it(`accepts ${algorithm} alone when JWT_ALGORITHMS says so`, async () => {
          const service = await startService(settings(pem, algorithm));
          const statuses = await statusByAlgorithm(service.httpUrl, keys.privateKey, [...byDefault, ...onDemand]);
          await service.stop();

          const accepted = Object.entries(statuses).filter(([, status]) => status === 404);
          expect(accepted).to.deep.equal([[algorithm, 404]]);
        });
      }

      it('is refused at the start with every algorithm that does not fit, also beside one that fits', async () => {
        for (const algorithm of ALL.filter((one) => ![...byDefault, ...onDemand].includes(one))) {
          for (const algorithms of [algorithm, `${byDefault[0]},${algorithm}`]) {
            const { message } = await refusal(settings(pem, algorithms));

            expect(message, algorithms).to.match(/^JWT_ALGORITHMS: the key in JWT_PUBLIC_KEY_FILE allows /);
            for (const allowed of [...byDefault, ...onDemand]) expect(message).to.include(allowed);
          }
        }
      });

      it('is refused at the start with a symmetric algorithm or none', async () => {
        for (const algorithm of [...SYMMETRIC, 'none']) {
          const { message } = await refusal(settings(pem, `${byDefault[0]},${algorithm}`));

          expect(message, algorithm).to.match(/^JWT_ALGORITHMS: /);
        }
      });
    });
  }

  const unfit: readonly (readonly [what: string, content: () => string | Buffer])[] = [
    ['an RSA key of 1024 bits', () => toPem(rsa(1024).publicKey)],
    ['an RSA key of 2040 bits', () => toPem(rsa(2040).publicKey)],
    ['a key on secp256k1', () => toPem(ec('secp256k1').publicKey)],
    ['an Ed448 key', () => toPem(generateKeyPairSync('ed448').publicKey)],
    ['an X25519 key', () => toPem(generateKeyPairSync('x25519').publicKey)],
    ['no key at all', () => 'a text'],
    ['nothing', () => ''],
    ['a key cut short', () => toPem(rsa(2048).publicKey).slice(0, 200)],
  ];

  for (const [what, content] of unfit) {
    it(`is refused at the start when it holds ${what}, in words that do not name the file`, async () => {
      const environment = settings(content());

      const { message } = await refusal(environment);

      expect(message).to.match(/^JWT_PUBLIC_KEY_FILE: must [^\n]+\.$/);
      expect(message).not.to.include(directory.path);
    });
  }

  it('is refused at the start when there is no such file', async () => {
    const environment = { ...settings(''), JWT_PUBLIC_KEY_FILE: join(directory.path, 'missing.pem') };

    const { message } = await refusal(environment);

    expect(message).to.match(/^JWT_PUBLIC_KEY_FILE: must name a readable PEM file/);
  });
});

describe('JWT_HS256_SECRET', () => {
  const secret = JWT_ENVIRONMENT.JWT_HS256_SECRET;

  async function statuses(environment: Readonly<Record<string, string>>, key: string) {
    const service = await startService(environment);
    const replies = await Promise.all(
      SYMMETRIC.map((alg) =>
        ask(service.httpUrl, compactToken({ alg }, claimsWith(), hmac(key, `sha${alg.slice(2)}`))),
      ),
    );
    await service.stop();
    return replies.map(({ status }) => status);
  }

  it('accepts HS256 alone, unless JWT_ALGORITHMS says otherwise', async () => {
    const byDefault = await statuses({}, secret);
    const long = `${secret}, and for HS384 and HS512`;
    const other = await statuses({ JWT_HS256_SECRET: long, JWT_ALGORITHMS: 'HS384,HS512' }, long);

    expect(byDefault).to.deep.equal([404, 401, 401]);
    expect(other).to.deep.equal([401, 404, 404]);
  });

  it('is its UTF-8 bytes, neither trimmed nor decoded', async () => {
    const text = 'c2VjcmV0LXRoYXQtbG9va3MtbGlrZS1iYXNlNjQ=é✓';
    const trimmed = text.slice(0, -1);

    const right = await statuses({ JWT_HS256_SECRET: text }, text);
    const wrong = await statuses({ JWT_HS256_SECRET: text }, trimmed);

    expect(right).to.deep.equal([404, 401, 401]);
    expect(wrong).to.deep.equal([401, 401, 401]);
  });
});

function toPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function ask(httpUrl: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  return sendHttp1(httpUrl, { method: 'GET', path: '/key/info/m1', headers });
}

/** 404 (there is no key) for a token that is accepted; whatever else is checked to be the refusal of its algorithm. */
async function statusByAlgorithm(httpUrl: string, key: KeyObject, algorithms: readonly string[]) {
  const statuses: Record<string, number> = {};
  for (const algorithm of algorithms) {
    const reply = await ask(httpUrl, signedToken(algorithm, key));
    const problem = { status: reply.status, instance: '/key/info/m1' };
    if (reply.status === 404) expectProblem(reply, { ...problem, code: 'not_found' });
    else expectProblem(reply, { ...problem, code: 'unauthenticated', detail: /algorithm that is not allowed/ });
    statuses[algorithm] = reply.status;
  }
  return statuses;
}
