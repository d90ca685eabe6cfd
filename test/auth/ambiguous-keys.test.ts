import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { type HttpReply, sendHttp1 } from '../../testkit/clients/http-call.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { signedToken } from './compact-token.ts';
import { createLoginKey, type JwksServer, type LoginKey, startJwksServer } from './jwks-server.ts';

const INFO = { method: 'GET', path: '/key/info/m1' } as const;
const ACCEPTED = { status: 404, code: 'not_found', instance: INFO.path } as const;
const WRONG_SIGNATURE = {
  status: 401,
  code: 'unauthenticated',
  instance: INFO.path,
  detail: /^The signature of the token is wrong\.$/,
} as const;

function createRsaKey(modulusLength: number): LoginKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return { privateKey, jwk: publicKey.export({ format: 'jwk' }) };
}

describe('Where several published keys could have signed a token', () => {
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

  function ask(algorithm: string, { privateKey }: LoginKey, header = {}): Promise<HttpReply> {
    const authorization = `Bearer ${signedToken(algorithm, privateKey, {}, header)}`;
    return sendHttp1(service.httpUrl, { ...INFO, headers: { authorization } });
  }

  for (const [what, members, header] of [
    ['have the same id', { kid: 'same' }, { kid: 'same' }],
    ['have no id', {}, {}],
  ] as const) {
    it(`because they ${what}, it is good if one of them did`, async () => {
      const keys = [createLoginKey(members), createLoginKey(members), createLoginKey(members)];
      jwks.publish(...keys);

      const replies = await Promise.all(keys.map((key) => ask('ES256', key, header)));
      const foreign = await ask('ES256', createLoginKey(), header);

      for (const reply of replies) expectProblem(reply, ACCEPTED);
      expectProblem(foreign, WRONG_SIGNATURE);
    });
  }

  it('an RSA key below 2048 bits among them makes no token good, and none of the others’ bad', async () => {
    const weak = createRsaKey(1024);
    const good = createRsaKey(2048);
    jwks.publish(weak, good);

    const byWeak = await ask('RS256', weak);
    const byGood = await ask('RS256', good);

    expect(byWeak.status).to.be.oneOf([401, 503]);
    expectProblem(byGood, ACCEPTED);
  });
});
