import { expect } from 'chai';
import { Reason } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { describeEachTransport, generate, validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { GZIP_DOORS } from '../../testkit/clients/rpc-transports.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const MAX_BYTES = 4096;

describe('REQUEST_MAX_BYTES', () => {
  let service: TestService;

  before(async () => {
    service = await startService({ REQUEST_MAX_BYTES: String(MAX_BYTES) });
  });

  after(() => service.stop());

  describeEachTransport(
    'limits a request',
    () => service,
    (client) => {
      it('takes a message just below it', async () => {
        const { reason } = await client().call(validate, { apiKey: 'x'.repeat(MAX_BYTES - 50) });

        expect(reason).to.equal(Reason.MALFORMED);
      });

      it('refuses a larger one as RESOURCE_EXHAUSTED, and goes on serving', async () => {
        for (const length of [MAX_BYTES, 20 * MAX_BYTES, 300_000]) {
          const failure = await failureOf(client().call(validate, { apiKey: 'x'.repeat(length) }));

          expect(failure.status, failure.message).to.equal('RESOURCE_EXHAUSTED');
        }
        expect((await client().call(validate, { apiKey: 'x' })).reason).to.equal(Reason.MALFORMED);
      });
    },
  );

  describeEachTransport(
    'limits a compressed request by what it holds',
    () => service,
    (client) => {
      it('refuses a small one that grows beyond it as RESOURCE_EXHAUSTED, and goes on serving', async () => {
        for (const length of [2 * MAX_BYTES, 1_000_000]) {
          const failure = await failureOf(client().call(validate, { apiKey: 'x'.repeat(length) }));

          expect(failure.status, failure.message).to.equal('RESOURCE_EXHAUSTED');
        }
        expect((await client().call(validate, { apiKey: 'x' })).reason).to.equal(Reason.MALFORMED);
      });
    },
    GZIP_DOORS,
  );
});

describe('A client that compresses its requests', () => {
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = await bearer();
  });

  after(() => service.stop());

  describeEachTransport(
    'is served',
    () => service,
    (client) => {
      it('generates a key and validates it', async () => {
        const { key } = await client().call(generate, { merchantId: 'm'.repeat(128) }, { authorization });

        const verdict = await client().call(validate, { apiKey: key });

        expect(verdict.merchantId).to.equal('m'.repeat(128));
      });
    },
    GZIP_DOORS,
  );
});
