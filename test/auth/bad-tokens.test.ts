import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { info } from '../../testkit/clients/each-transport.ts';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { type HttpReply, sendHttp1 } from '../../testkit/clients/http-call.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { connectNodeTransport, grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { BAD_TOKENS, type Keys, makeKeys, tokensWithTheirOwnKey } from './bad-tokens.ts';
import { signedToken } from './compact-token.ts';

const INFO = { method: 'GET', path: '/key/info/m1' } as const;

describe('A service that takes RS256 tokens of one key', () => {
  const directory = createTemporaryDirectory();
  let keys: Keys;
  let service: TestService;

  before(async () => {
    keys = makeKeys();
    const path = join(directory.path, 'public.pem');
    writeFileSync(path, keys.publicPem);
    service = await startService({ JWT_HS256_SECRET: '', JWT_PUBLIC_KEY_FILE: path, JWT_ALGORITHMS: 'RS256' });
  });

  after(async () => {
    await service.stop();
    directory.remove();
  });

  function ask(token: string): Promise<HttpReply> {
    return sendHttp1(service.httpUrl, { ...INFO, headers: { authorization: `Bearer ${token}` } });
  }

  describe('refuses over REST, says why, and repeats no part of the token', () => {
    for (const { what, make, detail } of BAD_TOKENS) {
      it(what, async () => {
        const token = make(keys);

        const reply = await ask(token);

        expectProblem(reply, { status: 401, code: 'unauthenticated', instance: INFO.path, detail });
        expectNoPartOf(token, reply.text);
      });
    }
  });

  it('refuses tokens that bring their own key, and fetches nothing that they point to', async () => {
    const visits: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      visits.push(url);
      response.end('{"keys":[]}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;

    const replies = await Promise.all((await tokensWithTheirOwnKey(keys, url)).map(ask));

    expect(replies).to.have.length(5);
    for (const reply of replies) {
      expectProblem(reply, { status: 401, code: 'unauthenticated', instance: INFO.path, detail: /^The signature/ });
    }
    expect(visits).to.deep.equal([]);
    server.close();
  });

  for (const transport of [
    connectNodeTransport('Connect', 'JSON', '1.1'),
    connectNodeTransport('gRPC', 'binary', '2'),
    connectNodeTransport('gRPC', 'binary', '2', 'gRPC port'),
    grpcJsTransport('gRPC port'),
  ]) {
    it(`refuses them all as UNAUTHENTICATED in the same words (${transport.name})`, async () => {
      const client = transport.connect(service);

      for (const { what, make, detail } of BAD_TOKENS) {
        const token = make(keys);
        const call = client.call(info, { merchantId: 'm1' }, { authorization: `Bearer ${token}` });
        const failure = await failureOf(call);

        expect(failure.status, what).to.equal('UNAUTHENTICATED');
        expect(failure.message, what).to.match(detail);
        expect(failure.errorInfos, what).to.deep.equal([{ reason: 'UNAUTHENTICATED', domain: 'iterapay.keys.v1' }]);
        expectNoPartOf(token, failure.message);
      }
      client.close();
    });
  }

  describe('accepts a token', () => {
    const neighbours: readonly (readonly [what: string, claims: (nowS: number) => object])[] = [
      ['that expired within the tolerance', (nowS) => ({ exp: nowS - 2 })],
      ['that begins within the tolerance', (nowS) => ({ nbf: nowS + 4 })],
      ['for several audiences', () => ({ aud: ['somebody else', 'iterapay-keys-test'] })],
      ['without a time of issue', () => ({ iat: undefined })],
      ['that expires at a fraction of a second', (nowS) => ({ exp: nowS + 600.5 })],
      ['that never expires in practice', () => ({ exp: Number.MAX_VALUE })],
      ['that names merchants in no known way', () => ({ merchant_id: ['*', 1, null, {}, []] })],
    ];

    for (const [what, claims] of neighbours) {
      it(what, async () => {
        const reply = await ask(signedToken('RS256', keys.trusted, { ...claims(Math.floor(Date.now() / 1000)) }));

        expectProblem(reply, { status: 404, code: 'not_found', instance: INFO.path });
      });
    }

    it('whose header has members that decide nothing, and that is as long as a token may be', async () => {
      const header = { typ: 'JWT', kid: 'k1', jwk: { kty: 'oct', k: 'AAAA' }, padding: '' };
      const missing = 8192 - signedToken('RS256', keys.trusted, {}, header).length;
      const padding = 'p'.repeat(Math.floor(missing * 0.75));
      const token = signedToken('RS256', keys.trusted, {}, { ...header, padding });

      const reply = await ask(token);

      expect(token.length).to.be.within(8190, 8192);
      expectProblem(reply, { status: 404, code: 'not_found', instance: INFO.path });
    });
  });
});

/** Neither the token nor the beginning or the end of one of its parts. */
function expectNoPartOf(token: string, text: string): void {
  for (const part of token.split(/[. ]/).filter((one) => one.length > 12)) {
    expect(text).not.to.include(part.slice(0, 12));
    expect(text).not.to.include(part.slice(-12));
  }
}
