import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { generateKey, readInfo, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const UUID = '0190f2a4-7c1e-7b3a-9f00-00aa11bb22cc';

/** Path segments that are no merchant id, whatever they decode to. */
const INVALID = [
  ['an encoded slash, which is data and no separator', 'm1%2Fx'],
  ['an encoded slash that would lead to another path', '%2e%2e%2Finfo%2Fm1'],
  ['an encoded slash alone', '%2F'],
  ['two dots', '..'],
  ['double encoding, which is decoded once', '%256D1'],
  ['a doubly encoded slash', 'm1%252Fx'],
  ['an encoded question mark', 'm1%3Fx=1'],
  ['an encoded number sign', 'm1%23x'],
  ['an encoded NUL', 'm1%00'],
  ['an encoded line feed', 'm1%0A'],
  ['an encoded space', '%20m1'],
  ['a plus sign, which is no space', 'm1+x'],
  ['a semicolon', 'm1;x=1'],
  ['a letter beyond ASCII', 'm%C3%A9'],
  ['a full-width letter', '%EF%BD%8D1'],
  ['a first character that is no letter or digit', '-m1'],
  ['129 characters', 'a'.repeat(129)],
  ['4000 characters', 'a'.repeat(4000)],
  ['the any-merchant mark', '*'],
  ['the template itself', '%7Bmerchant_id%7D'],
] as const;

/** Segments that are not correctly percent-encoded. */
const BADLY_ENCODED = ['%', 'm1%', 'm1%2', 'm1%zz', '%E0%A4%A', '%FF', '%C0%AF', '%ED%A0%80'];

for (const { version, send } of HTTP_VERSIONS) {
  describe(`The merchant id in the path over ${version}`, () => {
    let service: TestService;
    let authorization: string;

    before(async () => {
      service = await startService();
      authorization = await bearer();
      await generateKey(service.httpUrl, 'm1');
    });

    after(() => service.stop());

    for (const [what, segment] of INVALID) {
      it(`is refused with ${what}`, async () => {
        const path = `/key/info/${segment}`;

        const reply = await send(service.httpUrl, { method: 'GET', path, headers: { authorization } });

        expectProblem(reply, { status: 400, code: 'invalid_request', instance: path, detail: /^The merchant id must/ });
      });
    }

    for (const segment of BADLY_ENCODED) {
      it(`is refused with the bad encoding ${segment}`, async () => {
        const path = `/key/generate/${segment}`;

        const reply = await send(service.httpUrl, { method: 'POST', path, headers: { authorization } });

        expectProblem(reply, { status: 400, code: 'invalid_request', instance: path, detail: /percent-encoded/ });
      });
    }

    it('may be 128 characters of every allowed kind', async () => {
      const merchantId = `Z${'a.B_9-'.repeat(22)}`.slice(0, 128);

      const key = await generateKey(service.httpUrl, merchantId);

      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    });

    it('is percent-decoded', async () => {
      const reply = await send(service.httpUrl, {
        method: 'GET',
        path: '/key/info/%6D%31',
        headers: { authorization },
      });

      expect(reply.status).to.equal(200);
      expect(JSON.parse(reply.text)).to.deep.equal(await readInfo(service.httpUrl, 'm1'));
    });

    it('is one merchant in every spelling of a UUID, for the path and for the claim', async () => {
      const spellings = [UUID, UUID.toUpperCase(), UUID.replaceAll('a', 'A'), UUID.replace('c', '%43')];
      const key = await generateKey(service.httpUrl, UUID.toUpperCase());

      for (const spelling of spellings) {
        const claimed = await bearer({ merchant_id: UUID.replaceAll('b', 'B') });
        const info = await send(service.httpUrl, {
          method: 'GET',
          path: `/key/info/${spelling}`,
          headers: { authorization: claimed },
        });
        const verdict = await send(service.httpUrl, {
          method: 'GET',
          path: `/key/validate/${spelling}`,
          headers: { 'x-api-key': key },
        });

        expect(info.status, spelling).to.equal(200);
        expect(verdict.status, spelling).to.equal(200);
        expect(verdict.headers['x-merchant-id']).to.equal(UUID);
      }
    });

    it('differs by case where it is no UUID', async () => {
      const reply = await send(service.httpUrl, { method: 'GET', path: '/key/info/M1', headers: { authorization } });

      expectProblem(reply, { status: 404, code: 'not_found', instance: '/key/info/M1' });
    });

    it('cannot be overridden by the query, whose unknown parameters are ignored', async () => {
      await generateKey(service.httpUrl, 'm2');
      const own = await bearer({ merchant_id: 'm1' });
      const path = '/key/info/m1?merchant_id=m2&merchantId=m2&unknown=%zz&__proto__=m2';

      const reply = await send(service.httpUrl, { method: 'GET', path, headers: { authorization: own } });
      const key = await send(service.httpUrl, {
        method: 'POST',
        path: '/key/generate/m1?merchant_id=m2',
        headers: { authorization: own },
      });
      const verdict = await send(service.httpUrl, {
        method: 'GET',
        path: '/key/validate/m1?merchant_id=m2',
        headers: { 'x-api-key': (JSON.parse(key.text) as { key: string }).key },
      });

      expect(reply.status).to.equal(200);
      expect(verdict.headers['x-merchant-id']).to.equal('m1');
      expect(await readInfo(service.httpUrl, 'm2')).not.to.deep.equal(JSON.parse(reply.text));
    });
  });
}
