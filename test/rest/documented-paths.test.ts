import { expect } from 'chai';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function jsonHeaders(text: string) {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
  };
}

for (const { version, send } of HTTP_VERSIONS) {
  describe(`The documented paths over ${version}`, () => {
    let service: TestService;
    let authorization: string;

    before(async () => {
      service = await startService();
      authorization = await bearer({ merchant_id: 'm1' });
    });

    after(() => service.stop());

    it('generate a key and return it under both names', async () => {
      const reply = await send(service.httpUrl, {
        method: 'POST',
        path: '/key/generate/m1',
        headers: { authorization },
      });

      const [, key] = /"key":"([^"]+)"/.exec(reply.text) ?? [];
      expect(reply.status).to.equal(200);
      expect(key).to.match(/^ipa_live_[0-9A-Za-z]{49}$/);
      expect(reply.text).to.equal(`{"apiKey":"${key}","key":"${key}"}`);
      expect(reply.headers).to.deep.equal(jsonHeaders(reply.text));
    });

    it('describe a key that was never used, with lastUsedAt as null', async () => {
      const before = Date.now();
      const key = await generateKey(service.httpUrl, 'm1');

      const reply = await send(service.httpUrl, { method: 'GET', path: '/key/info/m1', headers: { authorization } });

      const { createdAt } = JSON.parse(reply.text) as { createdAt: string };
      expect(reply.status).to.equal(200);
      expect(createdAt).to.match(ISO_UTC);
      expect(Date.parse(createdAt)).to.be.within(before, Date.now());
      expect(reply.text).to.equal(`{"createdAt":"${createdAt}","lastUsedAt":null,"prefix":"${key.slice(0, 12)}"}`);
      expect(reply.headers).to.deep.equal(jsonHeaders(reply.text));
    });

    it('show the last use as soon as the key was validated', async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const before = Date.now();
      await validateStatus(service.httpUrl, key);

      const reply = await send(service.httpUrl, { method: 'GET', path: '/key/info/m1', headers: { authorization } });

      const { createdAt, lastUsedAt } = JSON.parse(reply.text) as { createdAt: string; lastUsedAt: string };
      expect(lastUsedAt).to.match(ISO_UTC);
      expect(Date.parse(lastUsedAt)).to.be.within(before, Date.now());
      expect(reply.text).to.equal(
        `{"createdAt":"${createdAt}","lastUsedAt":"${lastUsedAt}","prefix":"${key.slice(0, 12)}"}`,
      );
    });

    it('replace the key: the old one is revoked when the new one is returned', async () => {
      const old = await generateKey(service.httpUrl, 'm1');

      const reply = await send(service.httpUrl, {
        method: 'POST',
        path: '/key/generate/m1',
        headers: { authorization },
      });

      const { key } = JSON.parse(reply.text) as { key: string };
      expect(await validateStatus(service.httpUrl, old)).to.equal(401);
      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    });

    it('revoke a key with 204 and nothing else, and again as often as asked', async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const call = { method: 'DELETE', path: '/key/revoke/m1', headers: { authorization } };

      const first = await send(service.httpUrl, call);
      const statusAfterFirst = await validateStatus(service.httpUrl, key);
      const second = await send(service.httpUrl, call);

      expect(first).to.deep.equal({ status: 204, headers: { 'cache-control': 'no-store' }, text: '' });
      expect(statusAfterFirst).to.equal(401);
      expect(second).to.deep.equal(first);
    });

    it('validate a key for a gateway and name its merchant', async () => {
      const key = await generateKey(service.httpUrl, 'm1');

      const replies = await Promise.all(
        ['/key/validate', '/key/validate/m1'].map((path) =>
          send(service.httpUrl, { method: 'GET', path, headers: { 'x-api-key': key } }),
        ),
      );

      for (const reply of replies) {
        expect(reply.status).to.equal(200);
        expect(reply.text).to.equal('{"valid":true,"merchantId":"m1","reason":"REASON_UNSPECIFIED","revokedAt":null}');
        expect(reply.headers).to.deep.equal({ ...jsonHeaders(reply.text), 'x-merchant-id': 'm1' });
      }
    });

    it('answer HEAD on a GET path as GET does, without the body', async () => {
      const headers = { authorization, 'x-api-key': await generateKey(service.httpUrl, 'm1') };
      const paths = ['/key/validate', '/key/validate/m1', '/key/validate/m2', '/key/info/m1', '/key/info/m2'];

      for (const path of paths) {
        const get = await send(service.httpUrl, { method: 'GET', path, headers });
        const head = await send(service.httpUrl, { method: 'HEAD', path, headers });

        expect(get.text).not.to.equal('');
        expect(head).to.deep.equal({ ...get, text: '' });
      }
    });
  });
}

describe('The documented paths with fetch', () => {
  it('take a key from its making to its end', async () => {
    const service = await startService();
    const headers = { authorization: await bearer({ merchant_id: 'm1' }) };
    const call = async (path: string, init: RequestInit) => {
      const response = await fetch(`${service.httpUrl}${path}`, init);
      return { status: response.status, text: await response.text() };
    };

    const generated = await call('/key/generate/m1', { method: 'POST', headers });
    const { key } = JSON.parse(generated.text) as { key: string };
    const used = await call('/key/validate/m1', { headers: { 'x-api-key': key } });
    const described = await call('/key/info/m1', { headers });
    const revoked = await call('/key/revoke/m1', { method: 'DELETE', headers });
    const gone = await call('/key/info/m1', { headers });
    const refused = await call('/key/validate', { headers: { 'x-api-key': key } });
    await service.stop();

    const statuses = [generated, used, described, revoked, gone, refused].map(({ status }) => status);
    expect(statuses).to.deep.equal([200, 200, 200, 204, 404, 401]);
    expect(JSON.parse(used.text)).to.include({ valid: true, merchantId: 'm1' });
    expect(JSON.parse(described.text)).to.have.property('lastUsedAt').that.matches(ISO_UTC);
    expect(JSON.parse(refused.text)).to.include({ valid: false, reason: 'REASON_REVOKED' });
  });
});
