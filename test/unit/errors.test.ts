import { expect } from 'chai';
import { ERROR_CODES, ServiceError, toServiceError } from '../../src/core/errors.ts';

describe('Errors', () => {
  it('have the stable codes that callers know', () => {
    expect([...ERROR_CODES]).to.have.members([
      'invalid_request',
      'unauthenticated',
      'forbidden',
      'not_found',
      'too_large',
      'rate_limited',
      'deadline',
      'unavailable',
      'outcome_unknown',
      'revocation_unconfirmed',
      'internal',
    ]);
  });

  for (const code of ERROR_CODES) {
    it(`of the code ${code} pass as they are, with their cause`, () => {
      const cause = new Error('inside');
      const error = new ServiceError(code, 'for the caller', { cause });

      const shown = toServiceError(error);

      expect(shown).to.equal(error);
      expect(shown).to.include({ name: 'ServiceError', code, message: 'for the caller', cause });
    });
  }

  it('of any other kind become internal: their own text is kept as the cause, and not shown', () => {
    const foreign = [new TypeError('secret detail'), 'secret detail', { detail: 'secret detail' }, null, undefined, 0];

    const shown = foreign.map(toServiceError);

    for (const error of shown) {
      expect(error).to.be.instanceOf(ServiceError).with.property('code', 'internal');
      expect(error.message).not.to.include('secret detail');
    }
    expect(shown.map(({ cause }) => cause)).to.deep.equal(foreign);
  });
});
