import { expect } from 'chai';
import { HTTP_VERSIONS, type HttpReply } from '../../testkit/clients/http-call.ts';
import { generateKey } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const PATH = '/iterapay.keys.v1.KeyService';

for (const { version, send } of HTTP_VERSIONS) {
  describe(`Connect with JSON, as curl would call it, over ${version}`, () => {
    let service: TestService;
    let authorization: string;

    before(async () => {
      service = await startService();
      authorization = await bearer();
    });

    after(() => service.stop());

    function post(method: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpReply> {
      const json = { 'content-type': 'application/json', ...headers };
      return send(service.httpUrl, { method: 'POST', path: `${PATH}/${method}`, headers: json, body });
    }

    function expectError({ status, text }: HttpReply, expectedStatus: number, code: string): void {
      expect(status, text).to.equal(expectedStatus);
      expect((JSON.parse(text) as { code: string }).code).to.equal(code);
    }

    it('Generate answers both names in lowerCamel', async () => {
      const { status, text } = await post('Generate', '{"merchantId":"m1"}', { authorization });

      const { key } = JSON.parse(text) as { key: string };
      expect(status).to.equal(200);
      expect(text).to.equal(`{"apiKey":"${key}","key":"${key}"}`);
    });

    it('a request may name its fields as the contract does', async () => {
      const { status } = await post('Generate', '{"merchant_id":"m1"}', { authorization });

      expect(status).to.equal(200);
    });

    it('Validate writes what is false or empty, and the reason by its name', async () => {
      const apiKey = await generateKey(service.httpUrl, 'm1');

      const accepted = await post('Validate', JSON.stringify({ apiKey }));
      const refused = await post('Validate', '{"apiKey":"x"}');
      const mismatch = await post('Validate', JSON.stringify({ apiKey, merchantId: 'm2' }));

      expect(accepted.text).to.equal('{"valid":true,"merchantId":"m1","reason":"REASON_UNSPECIFIED"}');
      expect(refused.text).to.equal('{"valid":false,"merchantId":"","reason":"REASON_MALFORMED"}');
      expect(mismatch.text).to.equal('{"valid":false,"merchantId":"","reason":"REASON_MERCHANT_MISMATCH"}');
      expect(refused.status).to.equal(200);
    });

    it('times are RFC 3339 in UTC to the millisecond', async () => {
      const apiKey = await generateKey(service.httpUrl, 'm1');
      await post('Validate', JSON.stringify({ apiKey }));

      const info = JSON.parse((await post('Info', '{"merchantId":"m1"}', { authorization })).text) as object;
      await post('Revoke', '{"merchantId":"m1"}', { authorization });
      const verdict = JSON.parse((await post('Validate', JSON.stringify({ apiKey }))).text) as object;

      expect(Object.keys(info)).to.deep.equal(['createdAt', 'lastUsedAt', 'prefix']);
      expect(info).to.have.property('createdAt').that.matches(MILLISECONDS);
      expect(info).to.have.property('lastUsedAt').that.matches(MILLISECONDS);
      expect(verdict).to.have.property('revokedAt').that.matches(MILLISECONDS);
    });

    it('Revoke answers an empty object', async () => {
      await generateKey(service.httpUrl, 'm1');

      const { status, text } = await post('Revoke', '{"merchantId":"m1"}', { authorization });

      expect([status, text]).to.deep.equal([200, '{}']);
    });

    it('fields that the service does not know are ignored', async () => {
      const body = '{"apiKey":"x","later":{"a":[1,null]},"reason":"REASON_LATER"}';

      const { status, text } = await post('Validate', body);

      expect(status, text).to.equal(200);
      expect(text).to.contain('REASON_MALFORMED');
    });

    it('what is not JSON, or not of the right types, is invalid_argument', async () => {
      for (const body of ['', '{', 'null x', '[]', '"x"', '{"apiKey":1}', '{"apiKey":"x"', '{"merchantId":{}}']) {
        const reply = await post('Validate', body);

        expectError(reply, 400, 'invalid_argument');
      }
    });

    it('an error names its code and carries the ErrorInfo', async () => {
      const reply = await post('Info', '{"merchantId":"nobody"}', { authorization });

      expectError(reply, 404, 'not_found');
      const { message, details } = JSON.parse(reply.text) as { message: string; details: { type: string }[] };
      expect(message).to.equal('The merchant has no active key.');
      expect(details.map(({ type }) => type)).to.deep.equal(['google.rpc.ErrorInfo']);
      expect(reply.headers['cache-control']).to.equal('no-store');
    });

    it('a missing token is 401 and names the scheme', async () => {
      const reply = await post('Info', '{"merchantId":"m1"}');

      expectError(reply, 401, 'unauthenticated');
      expect(reply.headers['www-authenticate']).to.match(/^Bearer/);
    });

    it('answers are not to be stored by caches', async () => {
      const { headers } = await post('Validate', '{}');

      expect(headers['cache-control']).to.equal('no-store');
    });

    it('Validate is refused as GET, which would put the key into a URL, and so is every other call', async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const message = encodeURIComponent(JSON.stringify({ apiKey: key, merchantId: 'm1' }));

      for (const method of ['Validate', 'Generate', 'Info', 'Revoke']) {
        const path = `${PATH}/${method}?connect=v1&encoding=json&message=${message}`;
        const reply = await send(service.httpUrl, { method: 'GET', path, headers: { authorization } });

        expect(reply.status).to.equal(405);
        expect(reply.headers['allow']).to.equal('POST');
        expect(reply.text).not.to.contain(key);
      }
      expect((await post('Validate', JSON.stringify({ apiKey: key }))).text).to.contain('"valid":true');
    });
  });
}
