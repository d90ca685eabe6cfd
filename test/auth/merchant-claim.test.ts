import { expect } from 'chai';
import { info, MEMBER_METHODS } from '../../testkit/clients/each-transport.ts';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { connectNodeTransport, grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** Claims and the merchants whose keys they are good for. */
const ADMITTED: readonly (readonly [what: string, claim: unknown, merchants: readonly string[]])[] = [
  ['a merchant', 'm1', ['m1']],
  ['a list of merchants', ['m1', 'm2'], ['m1', 'm2']],
  ['a list of one', ['m1'], ['m1']],
  ['*', '*', ['m1', 'other', UUID]],
  ['a list of *', ['*'], ['m1', 'other']],
  ['* among others', ['m7', '*'], ['m1', 'm7']],
  ['a UUID in upper case', UUID.toUpperCase(), [UUID, UUID.toUpperCase()]],
  ['a UUID in lower case', [UUID], [UUID, UUID.toUpperCase()]],
  ['a merchant among what is none', [1, null, '', {}, ['m2'], 'm1'], ['m1']],
];

/** Claims that are good for no `m1`. */
const REFUSED: readonly (readonly [what: string, claim: unknown])[] = [
  ['no claim', undefined],
  ['null', null],
  ['a number', 1],
  ['true', true],
  ['an object', { m1: true, id: 'm1' }],
  ['an empty text', ''],
  ['an empty list', []],
  ['a list in a list', [['m1']]],
  ['a list of objects', [{ id: 'm1' }]],
  ['another merchant', 'm2'],
  ['a list of other merchants', ['m2', 'm11']],
  ['the merchant in another case', 'M1'],
  ['the beginning of the merchant', 'm'],
  ['more than the merchant', 'm1.'],
  ['several merchants in one text', 'm1,m2'],
  ['the merchant with a space', ' m1'],
  ['the merchant with a line end', 'm1\n'],
  ['two asterisks', '**'],
  ['a pattern', 'm*'],
];

function askInfo({ httpUrl }: TestService, merchant: string, authorization: string) {
  return sendHttp1(httpUrl, { method: 'GET', path: `/key/info/${merchant}`, headers: { authorization } });
}

describe('The merchant claim of a token', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const [what, claim, merchants] of ADMITTED) {
    it(`admits to the keys of the merchants that it names: ${what}`, async () => {
      const authorization = await bearer({ merchant_id: claim });

      for (const merchant of merchants) {
        const reply = await askInfo(service, merchant, authorization);

        expectProblem(reply, { status: 404, code: 'not_found', instance: `/key/info/${merchant}` });
      }
    });
  }

  for (const [what, claim] of REFUSED) {
    it(`admits to no other merchant's: ${what}`, async () => {
      const authorization = await bearer({ merchant_id: claim });

      const reply = await askInfo(service, 'm1', authorization);

      const detail = /^The token is not for this merchant\.$/;
      expectProblem(reply, { status: 403, code: 'forbidden', instance: '/key/info/m1', detail });
    });
  }

  it('is the one that is configured: the claims of other names are not looked at', async () => {
    const authorization = await bearer({ merchant_id: 'm2', merchants: '*', sub: 'm1', 'https://x/merchant_id': 'm1' });

    const reply = await askInfo(service, 'm1', authorization);

    expectProblem(reply, { status: 403, code: 'forbidden', instance: '/key/info/m1' });
  });

  for (const transport of [connectNodeTransport('Connect', 'JSON', '1.1'), grpcJsTransport('gRPC port')]) {
    it(`decides for every method that needs it (${transport.name})`, async () => {
      const client = transport.connect(service);

      for (const method of MEMBER_METHODS) {
        for (const [what, claim] of REFUSED) {
          const call = client.call(
            method,
            { merchantId: 'm1' },
            { authorization: await bearer({ merchant_id: claim }) },
          );
          const failure = await failureOf(call);

          expect(failure.status, `${method.name}: ${what}`).to.equal('PERMISSION_DENIED');
        }
      }
      for (const [what, claim, merchants] of ADMITTED) {
        const authorization = await bearer({ merchant_id: claim });
        for (const merchantId of merchants) {
          const failure = await failureOf(client.call(info, { merchantId }, { authorization }));

          expect(failure.status, what).to.equal('NOT_FOUND');
        }
      }
      client.close();
    });
  }
});

describe('JWT_MERCHANT_CLAIM', () => {
  for (const name of ['https://login.test/merchant', 'sub', 'merchants', 'constructor']) {
    it(`may be ${name}: then merchant_id says nothing`, async () => {
      const service = await startService({ JWT_MERCHANT_CLAIM: name });

      const named = await askInfo(service, 'm1', await bearer({ [name]: 'm1', merchant_id: 'm2' }));
      const other = await askInfo(service, 'm2', await bearer({ [name]: 'm1', merchant_id: 'm2' }));
      const usual = await askInfo(service, 'm1', await bearer({ merchant_id: '*' }));
      await service.stop();

      expectProblem(named, { status: 404, code: 'not_found', instance: '/key/info/m1' });
      expectProblem(other, { status: 403, code: 'forbidden', instance: '/key/info/m2' });
      expectProblem(usual, { status: 403, code: 'forbidden', instance: '/key/info/m1' });
    });
  }
});
