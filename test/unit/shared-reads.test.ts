import { expect } from 'chai';
import { shareReads } from '../../src/store/shared-reads.ts';
import { settled } from '../../testkit/settled.ts';
import { rejectionOf } from './rejection.ts';

/** Reads that end when the test says so. */
function createReads() {
  const sent: { readonly key: string; readonly read: PromiseWithResolvers<string> }[] = [];
  const shared = shareReads((key: string) => {
    const read = Promise.withResolvers<string>();
    sent.push({ key, read });
    return read.promise;
  });
  return {
    shared,
    /** The keys that were read so far, in order. */
    keys: () => sent.map(({ key }) => key),
    answer: (index: number, value: string) => sent[index]?.read.resolve(value),
    fail: (index: number, error: Error) => sent[index]?.read.reject(error),
  };
}

describe('Shared reads', () => {
  it('send the first request’s read at once', async () => {
    const { shared, keys, answer } = createReads();

    const result = shared('a');

    expect(keys()).to.deep.equal(['a']);
    answer(0, 'value');
    expect(await result).to.equal('value');
  });

  it('give a request no answer of a read that was sent before it arrived', async () => {
    const { shared, keys, answer } = createReads();
    const first = shared('a');

    const second = shared('a');

    answer(0, 'before');
    await settled();
    answer(1, 'after');
    expect(await Promise.all([first, second])).to.deep.equal(['before', 'after']);
    expect(keys()).to.have.length(2);
  });

  it('answer all that arrive while a read is under way by one further read, sent after them', async () => {
    const { shared, keys, answer } = createReads();
    const first = shared('a');
    const others = Array.from({ length: 100 }, () => shared('a'));

    const readsWhileTheFirstIsUnderWay = keys().length;
    answer(0, 'before');
    await settled();
    answer(1, 'after');

    expect(await first).to.equal('before');
    expect(await Promise.all(others)).to.deep.equal(Array(100).fill('after'));
    expect(readsWhileTheFirstIsUnderWay).to.equal(1);
    expect(keys()).to.have.length(2);
  });

  it('let no request join the further read once it was sent', async () => {
    const { shared, keys, answer } = createReads();
    void shared('a');
    const second = shared('a');
    answer(0, 'one');
    await settled();

    const third = shared('a');

    answer(1, 'two');
    await settled();
    answer(2, 'three');
    expect(await Promise.all([second, third])).to.deep.equal(['two', 'three']);
    expect(keys()).to.have.length(3);
  });

  it('never give an answer from before the request, whatever the order of events', async () => {
    const { shared, keys, answer } = createReads();
    const requests: Promise<{ readonly arrivedBefore: number; readonly answeredBy: number }>[] = [];
    const request = () => {
      const arrivedBefore = keys().length;
      requests.push(shared('a').then((value) => ({ arrivedBefore, answeredBy: Number(value) })));
    };

    for (let index = 0; index < 20; index++) {
      request();
      answer(index, String(index));
      // From 0 to 4 microtasks later: before, between and after the steps in which one read follows another.
      for (let step = 0; step < index % 5; step++) await Promise.resolve();
      request();
      await settled();
    }
    for (let index = 0; index < keys().length; index++) {
      answer(index, String(index));
      await settled();
    }

    const answers = await Promise.all(requests);
    expect(answers.filter(({ arrivedBefore, answeredBy }) => answeredBy < arrivedBefore)).to.deep.equal([]);
  });

  it('do not make one key wait for another', async () => {
    const { shared, keys, answer } = createReads();
    void shared('a');

    const other = shared('b');

    answer(1, 'of b');
    expect(await other).to.equal('of b');
    expect(keys()).to.deep.equal(['a', 'b']);
  });

  it('begin anew when nothing is under way', async () => {
    const { shared, keys, answer } = createReads();
    const first = shared('a');
    answer(0, 'one');
    await first;

    const second = shared('a');

    answer(1, 'two');
    expect(await second).to.equal('two');
    expect(keys()).to.have.length(2);
  });

  it('fail for those that took part in the failed read, and for no other', async () => {
    const { shared, answer, fail } = createReads();
    const failure = new Error('the store is away');
    const first = rejectionOf(shared('a'));
    const second = shared('a');

    fail(0, failure);
    await settled();
    answer(1, 'value');

    expect(await first).to.equal(failure);
    expect(await second).to.equal('value');
  });

  it('recover after a shared read failed', async () => {
    const { shared, answer, fail } = createReads();
    const failure = new Error('the store is away');
    const first = shared('a');
    const joint = [rejectionOf(shared('a')), rejectionOf(shared('a'))];
    answer(0, 'one');
    await settled();
    fail(1, failure);

    const reasons = await Promise.all(joint);
    const next = shared('a');

    answer(2, 'three');
    expect(reasons).to.deep.equal([failure, failure]);
    expect(await Promise.all([first, next])).to.deep.equal(['one', 'three']);
  });
});
