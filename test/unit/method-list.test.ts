import { expect } from 'chai';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import type { KeyServiceMethods } from '../../src/api/key-service-methods.ts';
import { listMethods } from '../../src/api/method-list.ts';

describe('The list of methods that every transport serves', () => {
  it('has all methods of the contract in its order, each with its own implementation', async () => {
    const called: string[] = [];
    const implement = (name: string) => () => {
      called.push(name);
      return Promise.reject(new Error('not implemented here'));
    };
    const methods: KeyServiceMethods = {
      generate: implement('generate'),
      info: implement('info'),
      revoke: implement('revoke'),
      validate: implement('validate'),
      validateForGateway: implement('validateForGateway'),
    };

    const served = listMethods(methods);
    for (const { call, descriptor } of served) {
      await call({ authorizationHeader: [] }, { $typeName: descriptor.input.typeName }).catch(() => undefined);
    }

    expect(served.map(({ descriptor }) => descriptor)).to.deep.equal(KeyService.methods);
    expect(called).to.deep.equal(served.map(({ descriptor }) => descriptor.localName));
  });
});
