import type { DescMessage, DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import { expect } from 'chai';
import {
  describeEachTransport,
  generate,
  info,
  MEMBER_METHODS,
  newMerchant,
  revoke,
  validate,
} from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const DOMAIN = 'iterapay.keys.v1';
const MALFORMED_IDS = ['', '-m1', 'm 1', 'm1/', 'ü', 'x'.repeat(129)];

describe('Errors', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = await bearer({ merchant_id: ['m1', 'm2'] });
  });

  after(() => service.stop());

  describeEachTransport(
    'have their status and their ErrorInfo',
    () => service,
    (client) => {
      async function expectFailure<I extends DescMessage, O extends DescMessage>(
        status: string,
        reason: string,
        ...call: [DescMethodUnary<I, O>, MessageInitShape<I>, { authorization?: string | undefined }]
      ): Promise<string> {
        const failure = await failureOf(client().call(...call));

        expect(failure.status, failure.message).to.equal(status);
        expect(failure.errorInfos).to.deep.equal([{ reason, domain: DOMAIN }]);
        expect(failure.message).to.match(/^[A-Z].*\.$/);
        return failure.message;
      }

      for (const method of MEMBER_METHODS) {
        it(`${method.name} without a good token is UNAUTHENTICATED, and the message says why`, async () => {
          const cases = [
            [undefined, /missing/],
            ['Basic dTpw', /Bearer/],
            ['Bearer x.y.z', /malformed/],
            [await bearer({ exp: 1 }), /expired/],
            [await bearer({ aud: 'another' }), /audience/],
          ] as const;

          for (const [value, why] of cases) {
            const call = { authorization: value };
            const message = await expectFailure(
              'UNAUTHENTICATED',
              'UNAUTHENTICATED',
              method,
              { merchantId: '-' },
              call,
            );

            expect(message).to.match(why);
          }
        });

        it(`${method.name} for a malformed merchant id is INVALID_ARGUMENT`, async () => {
          for (const merchantId of MALFORMED_IDS) {
            await expectFailure('INVALID_ARGUMENT', 'INVALID_REQUEST', method, { merchantId }, { authorization });
          }
        });

        it(`${method.name} for another's merchant is PERMISSION_DENIED`, async () => {
          await expectFailure('PERMISSION_DENIED', 'FORBIDDEN', method, { merchantId: 'm3' }, { authorization });
        });
      }

      it('Info and Revoke are NOT_FOUND where the merchant never had a key', async () => {
        const everyMerchant = { authorization: await bearer() };

        for (const method of MEMBER_METHODS.filter(({ name }) => name !== 'Generate')) {
          await expectFailure('NOT_FOUND', 'NOT_FOUND', method, { merchantId: newMerchant() }, everyMerchant);
        }
      });

      it('Info is NOT_FOUND where the key was revoked', async () => {
        await client().call(generate, { merchantId: 'm1' }, { authorization });
        await client().call(revoke, { merchantId: 'm1' }, { authorization });

        await expectFailure('NOT_FOUND', 'NOT_FOUND', info, { merchantId: 'm1' }, { authorization });
      });

      it('Validate for a malformed merchant id is INVALID_ARGUMENT, whatever the key', async () => {
        const { key } = await client().call(generate, { merchantId: 'm2' }, { authorization });

        for (const merchantId of MALFORMED_IDS.filter((id) => id !== '')) {
          for (const apiKey of [key, '', 'not a key']) {
            await expectFailure('INVALID_ARGUMENT', 'INVALID_REQUEST', validate, { apiKey, merchantId }, {});
          }
        }
      });
    },
  );
});
