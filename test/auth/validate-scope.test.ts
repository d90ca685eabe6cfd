import { expect } from 'chai';
import { Reason } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { validate } from '../../testkit/clients/each-transport.ts';
import { generateKey } from '../../testkit/clients/merchant-keys.ts';
import { failureOf, type RpcClient } from '../../testkit/clients/rpc-client.ts';
import { connectNodeTransport, grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

/** Claims that allow Validate; whom the token is for does not matter. */
const ALLOWED: readonly (readonly [what: string, claims: Readonly<Record<string, unknown>>])[] = [
  ['scope', { scope: 'keys.validate' }],
  ['scope among others', { scope: 'openid keys.validate email' }],
  ['scope with more spaces than needed', { scope: '  openid   keys.validate ' }],
  ['scope as a list', { scope: ['openid', 'keys.validate'] }],
  ['scp as a list', { scp: ['openid', 'keys.validate'] }],
  ['scp as a text', { scp: 'keys.validate' }],
  ['scp although scope lacks it', { scope: 'openid', scp: ['keys.validate'] }],
  ['scope although scp lacks it', { scope: 'keys.validate', scp: [] }],
  ['scope in a token for another merchant', { scope: 'keys.validate', merchant_id: 'other' }],
  ['scope in a token for no merchant', { scope: 'keys.validate', merchant_id: undefined }],
];

const LACKING: readonly (readonly [what: string, claims: Readonly<Record<string, unknown>>])[] = [
  ['no scope at all, in a token for every merchant', {}],
  ['an empty scope', { scope: '' }],
  ['another scope', { scope: 'keys.revoke' }],
  ['the beginning of the scope', { scope: 'keys' }],
  ['more than the scope', { scope: 'keys.validate.all' }],
  ['the scope in another case', { scope: 'KEYS.VALIDATE' }],
  ['scopes separated by commas', { scope: 'openid,keys.validate' }],
  ['scopes separated by a tab', { scope: 'openid\tkeys.validate' }],
  ['a pattern', { scope: 'keys.* *' }],
  ['an object as the scope', { scope: { 'keys.validate': true } }],
  ['a number as the scope', { scope: 1, scp: 1 }],
  ['a list in a list', { scp: [['keys.validate']] }],
  ['the scope in a claim of another name', { scopes: 'keys.validate', permissions: ['keys.validate'] }],
];

describe('Validate with VALIDATE_AUTH=jwt', () => {
  let service: TestService;
  let apiKey: string;

  before(async () => {
    service = await startService({ VALIDATE_AUTH: 'jwt' });
    apiKey = await generateKey(service.httpUrl, 'm1');
  });

  after(() => service.stop());

  for (const transport of [
    connectNodeTransport('Connect', 'JSON', '1.1'),
    grpcJsTransport('gRPC port'),
    grpcJsTransport('HTTP port'),
  ]) {
    describe(transport.name, () => {
      let client: RpcClient;

      before(() => {
        client = transport.connect(service);
      });

      after(() => client.close());

      for (const [what, claims] of ALLOWED) {
        it(`is allowed by ${what}`, async () => {
          const authorization = await bearer(claims);

          const good = await client.call(validate, { apiKey, merchantId: 'm1' }, { authorization });
          const bad = await client.call(validate, { apiKey: `${apiKey}x` }, { authorization });

          expect(good).to.deep.include({ valid: true, merchantId: 'm1' });
          expect(bad).to.deep.include({ valid: false, reason: Reason.MALFORMED });
        });
      }

      for (const [what, claims] of LACKING) {
        it(`is PERMISSION_DENIED with ${what}, whether or not the key is good`, async () => {
          const authorization = await bearer(claims);

          for (const key of [apiKey, 'x']) {
            const failure = await failureOf(client.call(validate, { apiKey: key }, { authorization }));

            expect(failure.status).to.equal('PERMISSION_DENIED');
            expect(failure.message).to.equal('The token lacks the scope keys.validate.');
          }
        });
      }

      it('is UNAUTHENTICATED without a token, and with one that is not good although it has the scope', async () => {
        const missing = await failureOf(client.call(validate, { apiKey }));
        const authorization = await bearer({ scope: 'keys.validate', exp: 1 });
        const expired = await failureOf(client.call(validate, { apiKey }, { authorization }));
        const asToken = await failureOf(client.call(validate, { apiKey }, { authorization: `Bearer ${apiKey}` }));

        expect([missing, expired, asToken].map(({ status }) => status)).to.deep.equal(Array(3).fill('UNAUTHENTICATED'));
        expect(missing.message).to.equal('A bearer token is missing.');
        expect(expired.message).to.equal('The token has expired.');
        expect(asToken.message).to.match(/^An API key is not accepted here/);
      });
    });
  }
});
