import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS, type HttpCall } from '../../testkit/clients/http-call.ts';
import { generateKey, readInfo } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

/** Claims of a gateway: it acts for no merchant. */
const SCOPED = { merchant_id: undefined, scope: 'other keys.validate' };

for (const { version, send } of HTTP_VERSIONS) {
  describe(`Validation for gateways with VALIDATE_AUTH=jwt over ${version}`, () => {
    let service: TestService;
    let key: string;

    before(async () => {
      service = await startService({ VALIDATE_AUTH: 'jwt' });
      key = await generateKey(service.httpUrl, 'm1');
    });

    after(() => service.stop());

    const validate = (headers: NonNullable<HttpCall['headers']>, path = '/key/validate') =>
      send(service.httpUrl, { method: 'GET', path, headers });

    it('takes the key in X-Api-Key and the token in Authorization', async () => {
      const tokens = [await bearer(SCOPED), await bearer({ merchant_id: undefined, scp: ['keys.validate'] })];

      for (const authorization of tokens) {
        const reply = await validate({ authorization, 'x-api-key': key }, '/key/validate/m1');

        expect(reply.status, reply.text).to.equal(200);
        expect(reply.headers['x-merchant-id']).to.equal('m1');
      }
    });

    it('gives a gateway with a good token the verdict on a bad key', async () => {
      const authorization = await bearer(SCOPED);
      const cases = [
        [{ authorization }, 'REASON_MALFORMED'],
        [{ authorization, 'x-api-key': [key, key] }, 'REASON_MALFORMED'],
        [{ authorization, 'x-api-key': `${key}x` }, 'REASON_MALFORMED'],
      ] as const;

      for (const [headers, reason] of cases) {
        const reply = await validate(headers);

        const extensions = { valid: false, reason };
        expectProblem(reply, { status: 401, code: 'unauthenticated', instance: '/key/validate', extensions });
      }
    });

    it('refuses a gateway whose token is missing or bad, and gives it no verdict', async () => {
      const key = await generateKey(service.httpUrl, 'm2');
      const good = await bearer(SCOPED);
      const authorizations: readonly (string | readonly string[])[] = [
        '',
        'Bearer x',
        `Bearer ${key}`,
        [good, good],
        await bearer({ ...SCOPED, aud: 'another' }),
        await bearer({ ...SCOPED, exp: Math.floor(Date.now() / 1000) - 60 }),
      ];

      for (const authorization of authorizations) {
        for (const path of ['/key/validate', '/key/validate/m2', '/key/validate/m1', '/key/validate/-']) {
          const reply = await validate({ authorization, 'x-api-key': key }, path);

          expectProblem(reply, { status: 401, code: 'unauthenticated', instance: path });
        }
      }
      const missing = await validate({ 'x-api-key': key });
      expectProblem(missing, { status: 401, code: 'unauthenticated', instance: '/key/validate' });
      expect(await readInfo(service.httpUrl, 'm2')).to.have.property('lastUsedAt', null);
    });

    it('refuses a gateway whose token lacks the scope with 403, and gives it no verdict', async () => {
      const key = await generateKey(service.httpUrl, 'm2');
      const scopes = [{}, { scope: 'keys.validate.not' }, { scope: 'KEYS.VALIDATE' }, { scp: 'keys' }, { scope: '*' }];

      for (const claims of scopes) {
        const reply = await validate({ authorization: await bearer(claims), 'x-api-key': key });

        expectProblem(reply, { status: 403, code: 'forbidden', instance: '/key/validate', detail: /keys\.validate/ });
      }
      expect(await readInfo(service.httpUrl, 'm2')).to.have.property('lastUsedAt', null);
    });
  });
}
