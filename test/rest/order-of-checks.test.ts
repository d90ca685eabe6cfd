import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS, type HttpCall } from '../../testkit/clients/http-call.ts';
import { generateKey, readInfo } from '../../testkit/clients/merchant-keys.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const LIMIT_BYTES = 1024;

/** The faults that a request can have, in the order in which they are to be found. */
const FAULTS = ['path', 'method', 'token', 'merchant id', 'claim', 'body', 'state'] as const;
type Fault = (typeof FAULTS)[number];

const ERRORS: Readonly<Record<Fault, readonly [status: number, code: string]>> = {
  path: [404, 'not_found'],
  method: [405, 'invalid_request'],
  token: [401, 'unauthenticated'],
  'merchant id': [400, 'invalid_request'],
  claim: [403, 'forbidden'],
  body: [413, 'too_large'],
  state: [404, 'not_found'],
};

/** Every set of at least one fault. */
const COMBINATIONS = Array.from({ length: 2 ** FAULTS.length - 1 }, (_, index) =>
  FAULTS.filter((_, bit) => ((index + 1) >> bit) & 1),
)
  // An invalid merchant id is in no claim, and such a merchant has no state.
  .filter((faults) => !faults.includes('merchant id') || (!faults.includes('claim') && !faults.includes('state')));

/** A revocation with these faults. */
async function faultyCall(faults: readonly Fault[]): Promise<HttpCall> {
  const has = (fault: Fault) => faults.includes(fault);
  const merchantId = has('merchant id') ? '-' : has('state') ? 'never' : 'm1';
  return {
    method: has('method') ? 'PUT' : 'DELETE',
    path: `/key/${has('path') ? 'remove' : 'revoke'}/${merchantId}`,
    headers: {
      authorization: await bearer({
        merchant_id: has('claim') ? 'm2' : ['m1', 'never'],
        ...(has('token') && { aud: 'another' }),
      }),
    },
    body: Buffer.alloc(has('body') ? LIMIT_BYTES + 1 : LIMIT_BYTES),
  };
}

for (const { version, send } of HTTP_VERSIONS) {
  describe(`Of several faults of a request over ${version}`, () => {
    let service: TestService;

    before(async () => {
      service = await startService({ REQUEST_MAX_BYTES: String(LIMIT_BYTES) });
      await generateKey(service.httpUrl, 'm1');
    });

    after(() => service.stop());

    for (const faults of COMBINATIONS) {
      const [first = 'path'] = faults;

      it(`of ${faults.join(', ')}, the ${first} is reported, and nothing changes`, async () => {
        const call = await faultyCall(faults);
        const before = await readInfo(service.httpUrl, 'm1');

        const reply = await send(service.httpUrl, call);

        const [status, code] = ERRORS[first];
        expectProblem(reply, { status, code, instance: call.path });
        expect(await readInfo(service.httpUrl, 'm1')).to.deep.equal(before);
      });
    }

    it('none is left when the request has none', async () => {
      const reply = await send(service.httpUrl, await faultyCall([]));

      expect(reply.status).to.equal(204);
    });
  });
}
