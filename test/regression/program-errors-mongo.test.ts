import { expect } from 'chai';
import { ServiceError } from '../../src/core/errors.ts';
import { createMongoAccess, type MongoAccess } from '../../src/store/mongo/access.ts';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import { rejectionOf } from '../unit/rejection.ts';

const TIMEOUT_MS = 50;

describe('What MongoDB is asked through', () => {
  let access: MongoAccess;

  before(async () => {
    access = createMongoAccess({ url: `mongodb://127.0.0.1:${await findFreePort()}`, timeoutMs: TIMEOUT_MS });
  });

  after(() => access.close());

  for (const [kind, code] of [
    ['read', 'unavailable'],
    ['write', 'outcome_unknown'],
  ] as const) {
    it(`throws ${code} where the driver fails in a ${kind}`, async () => {
      const thrown = await rejectionOf(access[kind](() => access.db.command({ ping: 1 })));

      expect(thrown).to.be.instanceOf(ServiceError).and.include({ code });
    });

    it(`throws ${code} where the operating system fails in a ${kind}`, async () => {
      const failure = Object.assign(new Error('querySrv ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'querySrv' });

      const thrown = await rejectionOf(access[kind](() => Promise.reject(failure)));

      expect(thrown).to.be.instanceOf(ServiceError).and.include({ code, cause: failure });
    });

    it(`lets an error of this program through as it is in a ${kind}`, async () => {
      const programError = new TypeError('undefined is not a function');

      const thrown = await rejectionOf(access[kind](() => Promise.reject(programError)));

      expect(thrown).to.equal(programError);
    });
  }
});
