import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS, type HttpCall } from '../../testkit/clients/http-call.ts';
import { generateKey, readInfo } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

type Headers = NonNullable<HttpCall['headers']>;

/** Merchant ids that no key can belong to. */
const IMPOSSIBLE = ['-', 'm1%2F', '..', 'm%C3%A9', '%20', 'a'.repeat(129), '*', '%00'] as const;

/** Well-formed, checksum included, and never handed out by a fresh service. */
const UNKNOWN_KEY = 'ipa_live_y36DD7Vy8oYrCh5HAJCGWNE2QK77VAn9BpGEAT6OUuA3WBUxT';

for (const { version, send } of HTTP_VERSIONS) {
  describe(`Validation for gateways over ${version}`, () => {
    let service: TestService;

    before(async () => {
      service = await startService();
    });

    after(() => service.stop());

    const validate = (path: string, headers: Headers) => send(service.httpUrl, { method: 'GET', path, headers });

    it('takes the key from X-Api-Key, or from Authorization where that is not sent', async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const other = await generateKey(service.httpUrl, 'm2');

      const replies = [
        await validate('/key/validate', { 'x-api-key': key }),
        await validate('/key/validate', { authorization: `Bearer ${key}` }),
        await validate('/key/validate', { authorization: `bearer  ${key}` }),
        await validate('/key/validate', { 'x-api-key': key, authorization: `Bearer ${other}` }),
        await validate('/key/validate', { 'x-api-key': key, authorization: await bearer() }),
      ];

      for (const reply of replies) {
        expect(reply.status, reply.text).to.equal(200);
        expect(reply.headers['x-merchant-id']).to.equal('m1');
      }
    });

    it('finds a key that is missing, repeated or misshapen malformed', async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const other = await generateKey(service.httpUrl, 'm2');
      const cases: readonly Headers[] = [
        {},
        { 'x-api-key': '' },
        { 'x-api-key': [key, key] },
        { 'x-api-key': ['', key] },
        { 'x-api-key': [key, other] },
        { 'x-api-key': [key, ''] },
        { 'x-api-key': `${key}, ${key}` },
        { 'x-api-key': `Bearer ${key}` },
        { 'x-api-key': `${key}a` },
        { 'x-api-key': key.toUpperCase() },
        { 'x-api-key': 'a'.repeat(8000) },
        { 'x-api-key': '', authorization: `Bearer ${key}` },
        { authorization: '' },
        { authorization: key },
        { authorization: `Basic ${key}` },
        { authorization: `Bearer ${key} ${key}` },
        { authorization: [`Bearer ${key}`, `Bearer ${key}`] },
        { authorization: [`Bearer ${key}`, `Bearer ${other}`] },
        { authorization: await bearer() },
      ];

      for (const headers of cases) {
        const reply = await validate('/key/validate', headers);

        expectProblem(reply, {
          status: 401,
          code: 'unauthenticated',
          instance: '/key/validate',
          extensions: { valid: false, reason: 'REASON_MALFORMED' },
        });
        expect(reply.headers).not.to.have.property('x-merchant-id');
      }
      expect(await readInfo(service.httpUrl, 'm1')).to.have.property('lastUsedAt', null);
    });

    it('never takes the key from the query', async () => {
      const key = await generateKey(service.httpUrl, 'm1');

      const reply = await validate(`/key/validate?api_key=${key}&x-api-key=${key}`, {});

      expect(reply.status).to.equal(401);
      expect(reply.text).not.to.include(key);
    });

    it('distinguishes an unknown key from one that was revoked or replaced', async () => {
      const replaced = await generateKey(service.httpUrl, 'm1');
      const revoked = await generateKey(service.httpUrl, 'm1');
      const headers = { authorization: await bearer() };
      await send(service.httpUrl, { method: 'DELETE', path: '/key/revoke/m1', headers });
      const expected = [
        [UNKNOWN_KEY, 'REASON_NOT_FOUND'],
        [replaced, 'REASON_REVOKED'],
        [revoked, 'REASON_REVOKED'],
      ] as const;

      for (const [key, reason] of expected) {
        for (const path of ['/key/validate', '/key/validate/m1', '/key/validate/m2']) {
          const reply = await validate(path, { 'x-api-key': key });

          const extensions = { valid: false, reason };
          expectProblem(reply, { status: 401, code: 'unauthenticated', instance: path, extensions });
        }
      }
    });

    it('answers 403 for the key of another merchant, which is no use of it', async () => {
      const key = await generateKey(service.httpUrl, 'm1');

      const reply = await validate('/key/validate/m2', { 'x-api-key': key });

      expectProblem(reply, {
        status: 403,
        code: 'forbidden',
        instance: '/key/validate/m2',
        extensions: { valid: false, reason: 'REASON_MERCHANT_MISMATCH' },
      });
      expect(reply.text).not.to.include('m1');
      expect(reply.headers).not.to.have.property('x-merchant-id');
      expect(await readInfo(service.httpUrl, 'm1')).to.have.property('lastUsedAt', null);
    });

    for (const merchantId of IMPOSSIBLE) {
      const shown = merchantId.slice(0, 10);

      it(`judges the merchant id ${shown} as that of another merchant, and never answers 400`, async () => {
        const key = await generateKey(service.httpUrl, 'm1');
        const path = `/key/validate/${merchantId}`;

        const bad = await validate(path, { 'x-api-key': 'x' });
        const unknown = await validate(path, { 'x-api-key': UNKNOWN_KEY });
        const good = await validate(path, { 'x-api-key': key });

        const because = (reason: string) => ({ instance: path, extensions: { valid: false, reason } });
        expectProblem(bad, { status: 401, code: 'unauthenticated', ...because('REASON_MALFORMED') });
        expectProblem(unknown, { status: 401, code: 'unauthenticated', ...because('REASON_NOT_FOUND') });
        expectProblem(good, { status: 403, code: 'forbidden', ...because('REASON_MERCHANT_MISMATCH') });
        expect(await readInfo(service.httpUrl, 'm1')).to.have.property('lastUsedAt', null);
      });
    }
  });
}
