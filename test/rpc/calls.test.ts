import { timestampDate } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { Reason } from '../../gen/iterapay/keys/v1/keys_pb.js';
import {
  describeEachTransport,
  generate,
  info,
  newMerchant,
  revoke,
  validate,
} from '../../testkit/clients/each-transport.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const KEY = /^ipa_live_[0-9A-Za-z]{49}$/;

describe('The four calls', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = await bearer();
  });

  after(() => service.stop());

  describeEachTransport(
    'succeed',
    () => service,
    (client) => {
      it('Generate makes a key, returned under both names', async () => {
        const { apiKey, key } = await client().call(generate, { merchantId: newMerchant() }, { authorization });

        expect(apiKey).to.match(KEY);
        expect(key).to.equal(apiKey);
      });

      it('Generate replaces the key before it', async () => {
        const merchantId = newMerchant();
        const { key: old } = await client().call(generate, { merchantId }, { authorization });

        const { key } = await client().call(generate, { merchantId }, { authorization });

        expect((await client().call(validate, { apiKey: old })).reason).to.equal(Reason.REVOKED);
        expect((await client().call(validate, { apiKey: key })).valid).to.equal(true);
      });

      it('Info describes a key that was never used', async () => {
        const merchantId = newMerchant();
        const beforeMs = Date.now();
        const { key } = await client().call(generate, { merchantId }, { authorization });

        const { createdAt, lastUsedAt, prefix } = await client().call(info, { merchantId }, { authorization });

        expect(createdAt && timestampDate(createdAt).getTime()).to.be.within(beforeMs, Date.now());
        expect(lastUsedAt).to.equal(undefined);
        expect(prefix).to.equal(key.slice(0, 'ipa_live_'.length + 3));
      });

      it('Info shows the last use as soon as there was one', async () => {
        const merchantId = newMerchant();
        const { key } = await client().call(generate, { merchantId }, { authorization });
        const beforeMs = Date.now();
        await client().call(validate, { apiKey: key });

        const { lastUsedAt } = await client().call(info, { merchantId }, { authorization });

        expect(lastUsedAt && timestampDate(lastUsedAt).getTime()).to.be.within(beforeMs, Date.now());
      });

      it('Revoke ends the key, and may be repeated', async () => {
        const merchantId = newMerchant();
        const { key } = await client().call(generate, { merchantId }, { authorization });

        await client().call(revoke, { merchantId }, { authorization });
        await client().call(revoke, { merchantId }, { authorization });

        expect((await client().call(validate, { apiKey: key })).reason).to.equal(Reason.REVOKED);
      });

      it('Validate accepts the key and returns its merchant', async () => {
        const merchantId = newMerchant();
        const { key } = await client().call(generate, { merchantId }, { authorization });

        const { valid, reason, revokedAt, ...rest } = await client().call(validate, { apiKey: key });

        expect({ valid, merchantId: rest.merchantId, reason, revokedAt }).to.deep.equal({
          valid: true,
          merchantId,
          reason: Reason.UNSPECIFIED,
          revokedAt: undefined,
        });
      });

      it('two spellings of a UUID are one merchant', async () => {
        const merchantId = crypto.randomUUID();
        const { key } = await client().call(generate, { merchantId: merchantId.toUpperCase() }, { authorization });

        const verdict = await client().call(validate, { apiKey: key, merchantId: merchantId.toUpperCase() });

        expect(verdict.merchantId).to.equal(merchantId);
        expect((await client().call(info, { merchantId }, { authorization })).prefix).to.equal(key.slice(0, 12));
      });
    },
  );
});
