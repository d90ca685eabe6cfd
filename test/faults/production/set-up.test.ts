import { expect } from 'chai';
import { rejectionOf } from '../../unit/rejection.ts';
import { repeatSetUp, SetUpError, setUpFailure } from './set-up.ts';

describe('A scenario', () => {
  it('that could not be set up is repeated, and reports each time', async () => {
    const reported = await repeatSetUp(async (failedSetUps) => {
      if (failedSetUps.length < 2) throw new SetUpError('the lease was lost');
      return failedSetUps;
    });

    expect(reported).to.deep.equal(['the lease was lost', 'the lease was lost']);
  });

  it('fails where it cannot be set up three times in a row', async () => {
    let carriedOut = 0;

    const error = await rejectionOf(
      repeatSetUp(async () => {
        carriedOut++;
        throw new SetUpError('the lease was lost');
      }),
    );

    expect(error).to.be.instanceOf(SetUpError);
    expect(carriedOut).to.equal(3);
  });

  it('is never repeated where it found something, or failed in any other way', async () => {
    let carriedOut = 0;

    const error = await rejectionOf(
      repeatSetUp(async () => {
        carriedOut++;
        throw new Error('a revoked key was accepted');
      }),
    );

    expect(error).to.have.property('message', 'a revoked key was accepted');
    expect(carriedOut).to.equal(1);
  });

  it('is not repeated where a promise was broken before its set-up failed', () => {
    const cause = new Error('the lease was lost');

    const withoutFinding = setUpFailure(cause, []);
    const withFinding = setUpFailure(cause, ['a revoked key was accepted']);

    expect(withoutFinding).to.be.instanceOf(SetUpError);
    expect(withFinding).not.to.be.instanceOf(SetUpError);
    expect(withFinding.message).to.contain('a revoked key was accepted');
  });
});
