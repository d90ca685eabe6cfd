import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer, signToken } from '../../testkit/service/tokens.ts';

const MEMBERS = [
  { method: 'POST', path: '/key/generate/m1' },
  { method: 'GET', path: '/key/info/m1' },
  { method: 'DELETE', path: '/key/revoke/m1' },
] as const;

for (const { version, send } of HTTP_VERSIONS) {
  describe(`The Authorization header over ${version}`, () => {
    let service: TestService;
    let key: string;
    let token: string;

    before(async () => {
      service = await startService();
      key = await generateKey(service.httpUrl, 'm1');
      token = await signToken();
    });

    after(() => service.stop());

    /** What can be wrong with it, and how the detail begins. */
    const refused = (): readonly (readonly [
      what: string,
      headers: Record<string, string | readonly string[]>,
      detail: RegExp,
    ])[] => [
      ['nothing', {}, /^A bearer token is missing/],
      ['an empty value', { authorization: '' }, /^A bearer token is missing/],
      ['a key in X-Api-Key alone', { 'x-api-key': key }, /^A bearer token is missing/],
      ['an API key as the bearer token', { authorization: `Bearer ${key}` }, /^An API key is not accepted here/],
      ['another scheme', { authorization: `Basic ${token}` }, /not of the form/],
      ['no scheme', { authorization: token }, /not of the form/],
      ['a scheme alone', { authorization: 'Bearer' }, /not of the form/],
      ['two tokens in one value', { authorization: `Bearer ${token}, Bearer ${token}` }, /not of the form/],
      ['a good one twice', { authorization: [`Bearer ${token}`, `Bearer ${token}`] }, /repeated/],
      ['a good one and an empty one', { authorization: [`Bearer ${token}`, ''] }, /repeated/],
      ['a bad one and a good one', { authorization: ['Bearer x', `Bearer ${token}`] }, /repeated/],
      ['no JWT', { authorization: 'Bearer x.y.z' }, /malformed/],
      ['a forged signature', { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` }, /signature/],
    ];

    for (const { method, path } of MEMBERS) {
      it(`is refused by ${method} ${path} in every wrong form, which is never echoed`, async () => {
        for (const [what, headers, detail] of refused()) {
          const reply = await send(service.httpUrl, { method, path, headers });

          expect(reply.status, what).to.equal(401);
          expectProblem(reply, { status: 401, code: 'unauthenticated', instance: path, detail });
          expect(reply.text).not.to.include(token.slice(0, 20));
          expect(reply.text).not.to.include(key.slice(0, 12));
        }
        expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      });
    }

    it('may spell its scheme in any case and be followed by spaces', async () => {
      const values = ['bearer', 'BEARER', 'bEaReR', 'Bearer  '].map((scheme) => `${scheme} ${token}`);

      const replies = await Promise.all(
        values.map((authorization) =>
          send(service.httpUrl, { method: 'GET', path: '/key/info/m1', headers: { authorization } }),
        ),
      );

      expect(replies.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200]);
    });

    it('must be for the merchant in the path', async () => {
      for (const { method, path } of MEMBERS) {
        const headers = { authorization: await bearer({ merchant_id: ['m2', 'm11', 'M1', ''] }) };

        const reply = await send(service.httpUrl, { method, path, headers });

        expectProblem(reply, { status: 403, code: 'forbidden', instance: path });
      }
      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    });
  });
}
