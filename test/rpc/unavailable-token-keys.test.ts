import { expect } from 'chai';
import { describeEachTransport, MEMBER_METHODS, validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

describe('While the keys of tokens cannot be fetched', () => {
  let jwks: HeldJwks;
  let service: TestService;

  before(async () => {
    jwks = await startHeldJwks();
    jwks.close();
    service = await startService(jwks.environment);
  });

  after(() => service.stop());

  describeEachTransport(
    'every call that needs a token is UNAVAILABLE and not UNAUTHENTICATED',
    () => service,
    (client) => {
      for (const method of [...MEMBER_METHODS, validate]) {
        it(method.name, async () => {
          const { authorization } = jwks;
          const call = { merchantId: 'm1' };

          const failure = await failureOf(client().call(method as (typeof MEMBER_METHODS)[0], call, { authorization }));

          expect(failure.status).to.equal('UNAVAILABLE');
          expect(failure.errorInfos).to.deep.equal([{ reason: 'UNAVAILABLE', domain: 'iterapay.keys.v1' }]);
          expect(failure.message).not.to.match(/127\.0\.0\.1|ECONNREFUSED|jwks/i);
        });
      }
    },
  );
});
