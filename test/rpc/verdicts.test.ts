import { timestampDate } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { Reason, type ValidateResponse } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { createKeyFormat } from '../../src/core/api-key.ts';
import {
  describeEachTransport,
  generate,
  info,
  newMerchant,
  revoke,
  validate,
} from '../../testkit/clients/each-transport.ts';
import type { RpcClient } from '../../testkit/clients/rpc-client.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

/** A well-formed key that the service has never made. */
function foreignKey(): string {
  return createKeyFormat('ipa_live_').generate().reveal();
}

function members({ valid, merchantId, reason, revokedAt }: ValidateResponse) {
  return { valid, merchantId, reason, revokedAt: revokedAt && timestampDate(revokedAt) };
}

function refusal(reason: Reason) {
  return { valid: false, merchantId: '', reason, revokedAt: undefined };
}

const WAYS_TO_END: readonly [how: string, (client: RpcClient, merchantId: string, authorization: string) => unknown][] =
  [
    ['revoked', (client, merchantId, authorization) => client.call(revoke, { merchantId }, { authorization })],
    ['replaced', (client, merchantId, authorization) => client.call(generate, { merchantId }, { authorization })],
  ];

describe('Validate', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = await bearer();
  });

  after(() => service.stop());

  describeEachTransport(
    'gives the first verdict that applies',
    () => service,
    (client) => {
      it('MALFORMED: wrong shape, wrong checksum, empty, overlong', async () => {
        const { key } = await client().call(generate, { merchantId: newMerchant() }, { authorization });
        const wrongChecksum = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
        const malformed = ['', ' ', 'x', wrongChecksum, `${key}0`, ` ${key}`, `${key}\n`, key.slice(0, -1)];
        malformed.push(key.replace('ipa_live_', 'ipa_test_'), key.toUpperCase(), `ipa_live_${'ü'.repeat(49)}`);
        malformed.push('x'.repeat(60_000));

        for (const apiKey of malformed) {
          for (const request of [{ apiKey }, { apiKey, merchantId: 'm1' }]) {
            const verdict = await client().call(validate, request);

            expect(members(verdict), apiKey.slice(0, 80)).to.deep.equal(refusal(Reason.MALFORMED));
          }
        }
      });

      it('NOT_FOUND: a well-formed key that was never made', async () => {
        for (const request of [{ apiKey: foreignKey() }, { apiKey: foreignKey(), merchantId: 'm1' }]) {
          const verdict = await client().call(validate, request);

          expect(members(verdict)).to.deep.equal(refusal(Reason.NOT_FOUND));
        }
      });

      for (const [how, endKey] of WAYS_TO_END) {
        it(`REVOKED: a key that was ${how}, with the time, also for another merchant`, async () => {
          const merchantId = newMerchant();
          const { key: apiKey } = await client().call(generate, { merchantId }, { authorization });
          const beforeMs = Date.now();
          await endKey(client(), merchantId, authorization);
          const afterMs = Date.now();

          const verdicts = [
            await client().call(validate, { apiKey }),
            await client().call(validate, { apiKey, merchantId }),
            await client().call(validate, { apiKey, merchantId: 'another' }),
          ].map(members);

          const [{ revokedAt } = { revokedAt: undefined }] = verdicts;
          expect(revokedAt?.getTime()).to.be.within(beforeMs, afterMs);
          const revoked = { ...refusal(Reason.REVOKED), revokedAt };
          expect(verdicts).to.deep.equal([revoked, revoked, revoked]);
        });
      }

      it('MERCHANT_MISMATCH: an active key of another merchant, and that is no use of it', async () => {
        const merchantId = newMerchant();
        const { key: apiKey } = await client().call(generate, { merchantId }, { authorization });

        const verdict = await client().call(validate, { apiKey, merchantId: 'another' });

        expect(members(verdict)).to.deep.equal(refusal(Reason.MERCHANT_MISMATCH));
        expect((await client().call(info, { merchantId }, { authorization })).lastUsedAt).to.equal(undefined);
      });

      it('valid: of this merchant, of any, and an empty merchant id counts as none', async () => {
        const merchantId = newMerchant();
        const { key: apiKey } = await client().call(generate, { merchantId }, { authorization });

        for (const request of [{ apiKey }, { apiKey, merchantId: '' }, { apiKey, merchantId }]) {
          const verdict = await client().call(validate, request);

          const accepted = { valid: true, merchantId, reason: Reason.UNSPECIFIED, revokedAt: undefined };
          expect(members(verdict)).to.deep.equal(accepted);
        }
      });
    },
  );
});
