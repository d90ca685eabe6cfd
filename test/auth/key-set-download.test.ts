import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { downloadKeySet } from '../../src/auth/key-set-download.ts';
import { createLoginKey, type JwksServer, startJwksServer } from './jwks-server.ts';

const MAX_BYTES = 4_096;
const ALGORITHMS = ['RS256', 'ES256'];
const SECRET_TEXT = 'text-of-the-answer';

describe('The download of a key set', () => {
  const key = createLoginKey({ kid: 'k1' });
  let jwks: JwksServer;

  beforeEach(async () => {
    jwks = await startJwksServer();
  });

  afterEach(() => jwks.close());

  function download(timeoutMs = 10_000) {
    const url = jwks.environment['JWT_JWKS_URL'] ?? '';
    return downloadKeySet(url, { timeoutMs, maxBytes: MAX_BYTES, algorithms: ALGORITHMS });
  }

  async function failure(respond: (response: ServerResponse) => void, timeoutMs?: number): Promise<string> {
    jwks.answer(respond);
    const thrown: unknown = await download(timeoutMs).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error);
    expect(thrown).not.to.have.property('cause');
    return (thrown as Error).message;
  }

  function setOfLength(bytes: number): string {
    const set = (pad: string) => JSON.stringify({ keys: [key.jwk], pad });
    return set('x'.repeat(bytes - set('').length));
  }

  it('takes a set of as many bytes as are allowed, and not of one more', async () => {
    const tooLong = await failure((response) => response.end(setOfLength(MAX_BYTES + 1)));
    jwks.answer((response) => response.end(setOfLength(MAX_BYTES)));

    expect(await download()).to.deep.equal({ keys: [key.jwk] });
    expect(tooLong).to.equal(`The key set is longer than ${MAX_BYTES} bytes.`);
  });

  it('ends at the limit, and does not read on, where the answer has no end', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const message = await failure((response) => {
      const more = () => {
        while (response.write(' '.repeat(1_024)));
        response.once('drain', more);
      };
      closed = once(response, 'close');
      more();
    });

    await closed;
    expect(message).to.match(/longer than/);
  });

  it('counts what a compressed answer becomes', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));

    const message = await failure((response) => response.setHeader('content-encoding', 'gzip').end(bomb));

    expect(message).to.match(/longer than/);
  });

  const slow: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'never answers': () => {},
    'answers without a body': (response) => response.flushHeaders(),
    'drips its body': (response) => {
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    },
  };

  for (const [what, respond] of Object.entries(slow)) {
    it(`ends in time, and the connection with it, where the server ${what}`, async () => {
      let closed: Promise<unknown> = Promise.resolve();

      const message = await failure((response) => {
        closed = once(response, 'close');
        respond(response);
      }, 200);

      await closed;
      expect(message).to.equal('No whole key set within 200 ms.');
    });
  }

  it('leaves no connection open where the status is no good', async () => {
    let closed: Promise<unknown> = Promise.resolve();

    const message = await failure((response) => {
      closed = once(response, 'close');
      response.writeHead(503).write('please wait');
    });

    await closed;
    expect(message).to.match(/status 503/);
  });

  it('fails with words that have nothing of the answer in them', async () => {
    for (const answer of [SECRET_TEXT, `"${SECRET_TEXT}"`, `{"keys":["${SECRET_TEXT}"]}`, `{"${SECRET_TEXT}":[]}`]) {
      expect(await failure((response) => response.end(answer))).not.to.include(SECRET_TEXT);
    }
  });

  it('keeps the keys that an allowed algorithm can use, and fails where there is none', async () => {
    const rsa = (modulusLength: number) =>
      generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const useless = [
      { kty: 'oct', k: 'AAAA' },
      { kty: 'XX' },
      {},
      { kty: 'EC', crv: 'P-256' },
      { ...key.jwk, y: key.jwk['x'] },
      { ...key.jwk, use: 'enc' },
      { ...key.jwk, alg: 'ES384' },
      { ...key.jwk, key_ops: ['sign'] },
      pair.privateKey.export({ format: 'jwk' }),
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export({ format: 'jwk' }),
      rsa(1_024),
    ];
    const usable = [key.jwk, rsa(2_048)];
    jwks.answer((response) => response.end(JSON.stringify({ keys: [...useless, ...usable] })));

    expect(await download()).to.deep.equal({ keys: usable });
    for (const keys of [[], ...useless.map((jwk) => [jwk])]) {
      const message = await failure((response) => response.end(JSON.stringify({ keys })));
      expect(message, JSON.stringify(keys)).to.match(/no key that an allowed algorithm can use/);
    }
  });
});
