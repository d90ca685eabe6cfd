import { expect } from 'chai';
import { StartError } from '../../src/core/start-error.ts';

describe('What keeps the service from starting', () => {
  it('is said in one line, however many lines its cause has', () => {
    const cause = new Error('no server\n  tried a\r\n  tried b\n');

    const error = StartError.because('MONGODB_URL: cannot be used', cause);

    expect(error.message).to.equal('MONGODB_URL: cannot be used: no server tried a tried b');
    expect(error.cause).to.equal(cause);
  });

  it('may be something that is no error', () => {
    expect(StartError.because('DATA_DIR: cannot be used', 'EIO').message).to.equal('DATA_DIR: cannot be used: EIO');
  });
});
