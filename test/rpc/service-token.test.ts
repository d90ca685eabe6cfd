import { expect } from 'chai';
import { Reason } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { describeEachTransport, generate, info, newMerchant, validate } from '../../testkit/clients/each-transport.ts';
import { generateKey } from '../../testkit/clients/merchant-keys.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

describe('With VALIDATE_AUTH=jwt', () => {
  let service: TestService;
  let authorization: string;
  let apiKey: string;

  before(async () => {
    service = await startService({ VALIDATE_AUTH: 'jwt' });
    authorization = await bearer();
    apiKey = await generateKey(service.httpUrl, 'm1');
  });

  after(() => service.stop());

  describeEachTransport(
    'Validate needs a service token',
    () => service,
    (client) => {
      it('refuses calls without one as UNAUTHENTICATED, and that is no use of the key', async () => {
        const merchantId = newMerchant();
        const { key: apiKey } = await client().call(generate, { merchantId }, { authorization });

        for (const value of [undefined, 'Bearer x', `Bearer ${apiKey}`, await bearer({ exp: 1 })]) {
          const failure = await failureOf(client().call(validate, { apiKey }, { authorization: value }));

          expect(failure.status).to.equal('UNAUTHENTICATED');
          expect(failure.errorInfos).to.deep.equal([{ reason: 'UNAUTHENTICATED', domain: 'iterapay.keys.v1' }]);
          expect(failure.message).not.to.contain(apiKey);
        }
        expect((await client().call(info, { merchantId }, { authorization })).lastUsedAt).to.equal(undefined);
      });

      it('refuses a token without the scope as PERMISSION_DENIED, also one for every merchant', async () => {
        for (const claims of [{}, { scope: 'keys.validate.not' }, { scp: ['keys'] }]) {
          const failure = await failureOf(client().call(validate, { apiKey }, { authorization: await bearer(claims) }));

          expect(failure.status).to.equal('PERMISSION_DENIED');
          expect(failure.errorInfos).to.deep.equal([{ reason: 'FORBIDDEN', domain: 'iterapay.keys.v1' }]);
        }
      });

      it('looks at the token before the merchant id', async () => {
        const failure = await failureOf(client().call(validate, { apiKey, merchantId: '-' }));

        expect(failure.status).to.equal('UNAUTHENTICATED');
      });

      it('answers who has the scope, whatever the merchant of the token', async () => {
        for (const claims of [{ scope: 'other keys.validate' }, { scp: ['keys.validate'], merchant_id: 'm0' }]) {
          const scoped = { authorization: await bearer(claims) };

          const good = await client().call(validate, { apiKey }, scoped);
          const bad = await client().call(validate, { apiKey: 'x' }, scoped);

          expect(good.valid).to.equal(true);
          expect(bad.reason).to.equal(Reason.MALFORMED);
        }
      });
    },
  );
});
