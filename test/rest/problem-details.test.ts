import { expect } from 'chai';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { generateKey } from '../../testkit/clients/merchant-keys.ts';
import { exchangeRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

interface Problem {
  readonly type: string;
  readonly instance: string;
}

describe('Problem details', () => {
  let service: TestService;
  let authorization: string;
  let key: string;

  before(async () => {
    service = await startService({ PROBLEM_BASE_URL: 'https://docs.example/problems/' });
    authorization = await bearer();
    key = await generateKey(service.httpUrl, 'm1');
  });

  after(() => service.stop());

  it('have types below the configured base, for what is no HTTP too', async () => {
    const found = await fetch(`${service.httpUrl}/nope`);
    const [malformed] = await exchangeRaw(service.httpPort, 'nonsense\r\n\r\n');

    expect((await found.json()) as Problem).to.have.property('type', 'https://docs.example/problems/not-found');
    expect(JSON.parse(malformed?.text ?? '')).to.have.property('type', 'https://docs.example/problems/invalid-request');
  });

  for (const { version, send } of HTTP_VERSIONS) {
    it(`say [redacted] where the path held an API key (${version})`, async () => {
      const paths = [`/key/info/${key}`, `/key/validate/${key}`, `/${key}`, `/nope/${key}/x`, `/key/info/-${key}`];

      for (const path of paths) {
        const reply = await send(service.httpUrl, { method: 'GET', path, headers: { authorization } });

        expect(reply.status, path).to.be.within(400, 404);
        expect((JSON.parse(reply.text) as Problem).instance).to.equal(path.replace(key, '[redacted]'));
      }
    });

    it(`never hold an API key, however it stands in the target (${version})`, async () => {
      const secret = key.slice('ipa_live_'.length);
      const targets = [
        `/nope?key=${key}`,
        `/nope/merchant_${key}`,
        `/nope/x${key}`,
        `/nope/${key}x`,
        `/nope/${key}${key}`,
        `/nope/ipa%5Flive%5F${secret}`,
        `/nope/%69pa_live_${secret}`,
      ];

      for (const path of targets) {
        const reply = await send(service.httpUrl, { method: 'GET', path, headers: { authorization } });

        expect(reply.status).to.equal(404);
        expect(reply.text, path).not.to.include(secret);
      }
    });
  }
});
