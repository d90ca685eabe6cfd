import { createHmac, generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { type HttpReply, sendHttp1 } from '../../testkit/clients/http-call.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { claimsWith, compactToken, signedToken } from './compact-token.ts';
import { createLoginKey, type JwksServer, type LoginKey, startJwksServer } from './jwks-server.ts';

const INFO = { method: 'GET', path: '/key/info/m1' } as const;
const UNKNOWN_KEY = /^The token is signed with a key that is not known\.$/;
const WRONG_SIGNATURE = /^The signature of the token is wrong\.$/;

describe('Published keys (JWT_JWKS_URL)', () => {
  let jwks: JwksServer;
  let service: TestService;

  beforeEach(async () => {
    jwks = await startJwksServer();
    service = await startService(jwks.environment);
  });

  afterEach(async () => {
    await service.stop();
    await jwks.close();
  });

  function askWith(token: string): Promise<HttpReply> {
    return sendHttp1(service.httpUrl, { ...INFO, headers: { authorization: `Bearer ${token}` } });
  }

  /** The first reply that is not a 503: after a failure there is a pause before the next download. */
  async function askUntilAvailable(makeToken: () => string): Promise<HttpReply> {
    let reply = await askWith(makeToken());
    while (reply.status === 503) reply = await askWith(makeToken());
    return reply;
  }

  /** A token of the key that names it, if `kid` says so; each one differs from every other. */
  function tokenOf({ privateKey }: LoginKey, header: { readonly kid?: unknown } = {}): string {
    return signedToken('ES256', privateKey, { jti: `${Math.random()}` }, header);
  }

  function expectAccepted(reply: HttpReply): void {
    expectProblem(reply, { status: 404, code: 'not_found', instance: INFO.path });
  }

  function expectRefused(reply: HttpReply, detail: RegExp): void {
    expectProblem(reply, { status: 401, code: 'unauthenticated', instance: INFO.path, detail });
    expect(reply.text).not.to.include(`${jwks.port}`);
  }

  function expectUnavailable(reply: HttpReply): void {
    const detail = /^The keys that tokens are checked with cannot be fetched\.$/;
    expectProblem(reply, { status: 503, code: 'unavailable', instance: INFO.path, detail });
  }

  it('are fetched once for many tokens, and not before the first', async () => {
    const key = createLoginKey({ kid: 'k1' });
    jwks.publish(key);
    const before = jwks.downloads();

    const replies = await Promise.all(Array.from({ length: 20 }, () => askWith(tokenOf(key, { kid: 'k1' }))));
    const later = await askWith(tokenOf(key, { kid: 'k1' }));

    for (const reply of [...replies, later]) expectAccepted(reply);
    expect([before, jwks.downloads()]).to.deep.equal([0, 1]);
  });

  it('may change without a restart: a new key is accepted soon, and the old one no longer', async () => {
    const [oldKey, newKey] = [createLoginKey({ kid: 'old' }), createLoginKey({ kid: 'new' })];
    jwks.publish(oldKey);
    const beforeRotation = await askWith(tokenOf(oldKey, { kid: 'old' }));
    jwks.publish(newKey);

    let afterRotation = await askWith(tokenOf(newKey, { kid: 'new' }));
    while (afterRotation.status === 401) afterRotation = await askWith(tokenOf(newKey, { kid: 'new' }));
    const withOldKey = await askWith(tokenOf(oldKey, { kid: 'old' }));

    expectAccepted(beforeRotation);
    expectAccepted(afterRotation);
    expectRefused(withOldKey, UNKNOWN_KEY);
    expect(jwks.downloads()).to.equal(2);
  });

  it('do not include the key of an unknown kid, and many such tokens do not cause many downloads', async () => {
    const key = createLoginKey({ kid: 'k1' });
    jwks.publish(key);
    const kids = ['k2', '', 'K1', 'k1 ', '../k1', 'constructor'];

    const startedMs = Date.now();
    const replies = await Promise.all([...kids, ...kids, ...kids].map((kid) => askWith(tokenOf(key, { kid }))));
    const elapsedS = (Date.now() - startedMs) / 1000;

    for (const reply of replies) expectRefused(reply, UNKNOWN_KEY);
    expect(jwks.downloads()).to.be.within(1, 1 + elapsedS);
  });

  it('decide by what the key says: another key under a known kid is refused', async () => {
    jwks.publish(createLoginKey({ kid: 'k1' }));

    const reply = await askWith(tokenOf(createLoginKey(), { kid: 'k1' }));

    expectRefused(reply, WRONG_SIGNATURE);
  });

  it('are all tried for a token that names none of them', async () => {
    const keys = ['k1', 'k2', 'k3'].map((kid) => createLoginKey({ kid }));
    jwks.publish(...keys);

    for (const key of keys) expectAccepted(await askWith(tokenOf(key)));
    expectRefused(await askWith(tokenOf(createLoginKey())), WRONG_SIGNATURE);
  });

  it('say of such a token what else is wrong with it', async () => {
    const keys = ['k1', 'k2'].map((kid) => createLoginKey({ kid }));
    jwks.publish(...keys);

    for (const { privateKey } of keys) {
      expectRefused(await askWith(signedToken('ES256', privateKey, { exp: 1 })), /^The token has expired\.$/);
      expectRefused(await askWith(signedToken('ES256', privateKey, { aud: 'x' })), /another audience/);
    }
  });

  it('may be of several kinds, among them some that cannot be used', async () => {
    const good = createLoginKey({ kid: 'k1' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const strange = [
      { kty: 'XX', kid: 'k0' },
      { kty: 'EC', crv: 'P-256', kid: 'k2' },
      { kty: 'oct', k: 'AAAA' },
    ];
    jwks.publish(...strange.map((jwk) => ({ ...good, jwk })), good, {
      privateKey: rsa.privateKey,
      jwk: rsa.publicKey.export({ format: 'jwk' }),
    });

    const replies = await Promise.all(
      [
        tokenOf(good, { kid: 'k1' }),
        tokenOf(good),
        signedToken('RS256', rsa.privateKey),
        signedToken('PS256', rsa.privateKey),
      ].map(askWith),
    );

    for (const reply of replies) expectAccepted(reply);
  });

  it('are used for nothing that they are not published for', async () => {
    const forEncryption = createLoginKey({ kid: 'k1', use: 'enc' });
    const forAnother = createLoginKey({ kid: 'k2', alg: 'ES384' });
    const forSigning = createLoginKey({ kid: 'k3', key_ops: ['sign'] });
    jwks.publish(forEncryption, forAnother, forSigning, createLoginKey({ kid: 'k4' }));

    const replies = await Promise.all([
      askWith(tokenOf(forEncryption, { kid: 'k1' })),
      askWith(tokenOf(forAnother, { kid: 'k2' })),
      askWith(tokenOf(forSigning, { kid: 'k3' })),
    ]);

    for (const reply of replies) expectRefused(reply, UNKNOWN_KEY);
  });

  it('never make an HMAC good, not even one by a published symmetric key', async () => {
    const secret = Buffer.from('a symmetric key that was published');
    const jwk = { kty: 'oct', kid: 'k1', k: secret.toString('base64url'), alg: 'HS256' };
    jwks.publish({ ...createLoginKey(), jwk });
    const token = compactToken({ alg: 'HS256', kid: 'k1' }, claimsWith(), (input) =>
      createHmac('sha256', secret).update(input).digest(),
    );

    const reply = await askWith(token);

    expectRefused(reply, /algorithm that is not allowed/);
    expect(jwks.downloads()).to.equal(0);
  });

  const faults: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'no JSON': (response) => response.end('<html>'),
    'JSON cut short': (response) => response.end('{"keys":[{"kty":"EC"'),
    nothing: (response) => response.end(),
    'JSON that is no key set': (response) => response.end('{"key":[]}'),
    'keys that are no objects': (response) => response.end('{"keys":["k1"]}'),
    'no keys': (response) => response.end('{"keys":[]}'),
    'only keys that cannot be used': (response) => response.end('{"keys":[{"kty":"EC","crv":"P-256","kid":"k1"}]}'),
    null: (response) => response.end('null'),
    'an error': (response) => response.writeHead(500).end('{"keys":[]}'),
    'no such page': (response) => response.writeHead(404).end('{"keys":[]}'),
    'a redirect': (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'a connection that ends': (response) => response.destroy(),
  };

  for (const [what, respond] of Object.entries(faults)) {
    it(`make every token unavailable, not unauthenticated, while their server answers with ${what}`, async () => {
      const key = createLoginKey({ kid: 'k1' });
      jwks.answer(respond);

      const reply = await askWith(tokenOf(key, { kid: 'k1' }));

      expectUnavailable(reply);
      expect(reply.text).not.to.include(`${jwks.port}`);
      expect(jwks.downloads()).to.equal(1);
    });
  }

  it('are found after such an answer, once for many tokens', async () => {
    const key = createLoginKey({ kid: 'k1' });
    jwks.answer((response) => response.writeHead(500).end());
    expectUnavailable(await askWith(tokenOf(key, { kid: 'k1' })));
    jwks.publish(key);

    expectAccepted(await askUntilAvailable(() => tokenOf(key, { kid: 'k1' })));
    const replies = await Promise.all(Array.from({ length: 20 }, () => askWith(tokenOf(key, { kid: 'k1' }))));

    for (const reply of replies) expectAccepted(reply);
    expect(jwks.downloads()).to.equal(2);
  });

  it('make every token unavailable while nothing listens there, and are found as soon as a server does', async () => {
    const key = createLoginKey({ kid: 'k1' });
    await jwks.close();

    const during = await askWith(tokenOf(key, { kid: 'k1' }));
    jwks = await startJwksServer(jwks.port);
    jwks.publish(key);
    const afterwards = await askUntilAvailable(() => tokenOf(key, { kid: 'k1' }));

    expectUnavailable(during);
    expectAccepted(afterwards);
  });

  it('stay good while nothing listens there any more: only what is not among them is unavailable', async () => {
    const key = createLoginKey({ kid: 'k1' });
    jwks.publish(key);
    const before = await askWith(tokenOf(key, { kid: 'k1' }));
    await jwks.close();

    let unknown = await askWith(tokenOf(key, { kid: 'k2' }));
    while (unknown.status === 401) unknown = await askWith(tokenOf(key, { kid: 'k2' }));
    const known = await askWith(tokenOf(key, { kid: 'k1' }));

    expectAccepted(before);
    expectUnavailable(unknown);
    expectAccepted(known);
  });
});
