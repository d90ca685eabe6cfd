import { expect } from 'chai';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { describeEachTransport, validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

const UNKNOWN = [
  { ...validate, name: 'Nope' },
  { ...validate, name: 'validate' },
  { ...validate, parent: { ...KeyService, typeName: 'iterapay.keys.v2.KeyService' } },
  { ...validate, parent: { ...KeyService, typeName: 'Nope' } },
];

describe('What the service does not have', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  describeEachTransport(
    'is UNIMPLEMENTED',
    () => service,
    (client) => {
      for (const method of UNKNOWN) {
        it(`${method.parent.typeName}/${method.name}`, async () => {
          const failure = await failureOf(client().call(method, { apiKey: 'x' }));

          expect(failure.status, failure.message).to.equal('UNIMPLEMENTED');
        });
      }
    },
  );
});
