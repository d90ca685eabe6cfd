import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { ServiceError } from '../../src/core/errors.ts';
import { untilAborted } from '../../src/transport/connect/until-aborted.ts';
import { rejectionOf } from './rejection.ts';

/** An error is made with the reason of the signal as its cause: how often the reason was read. */
function countReads(signal: AbortSignal): () => number {
  let reads = 0;
  Object.defineProperty(signal, 'reason', {
    get() {
      reads++;
      return undefined;
    },
  });
  return () => reads;
}

describe('Work for a caller who may go', () => {
  it('that is done leaves no listener, and makes no error when connect-node ends its signal afterwards', async () => {
    const call = new AbortController();
    const errors = countReads(call.signal);

    const done = await untilAborted(Promise.resolve('done'), call.signal);
    const listeners = getEventListeners(call.signal, 'abort');
    call.abort();

    expect(done).to.equal('done');
    expect(listeners).to.deep.equal([]);
    expect(errors()).to.equal(0);
  });

  it('that fails leaves no listener', async () => {
    const call = new AbortController();
    const failure = new ServiceError('not_found', 'Nothing.');

    const error = await rejectionOf(untilAborted(Promise.reject(failure), call.signal));

    expect(error).to.equal(failure);
    expect(getEventListeners(call.signal, 'abort')).to.deep.equal([]);
  });

  it('is waited for no longer than until the signal: then the caller gets deadline', async () => {
    const call = new AbortController();
    const reason = new Error('the time limit of connect-node');

    const waiting = rejectionOf(untilAborted(new Promise(() => undefined), call.signal));
    call.abort(reason);
    const error = (await waiting) as ServiceError;

    expect([error.code, error.cause]).to.deep.equal(['deadline', reason]);
    expect(getEventListeners(call.signal, 'abort')).to.deep.equal([]);
  });

  it('is not waited for where the signal was given before', async () => {
    const error = (await rejectionOf(untilAborted(new Promise(() => undefined), AbortSignal.abort()))) as ServiceError;

    expect(error.code).to.equal('deadline');
  });
});
