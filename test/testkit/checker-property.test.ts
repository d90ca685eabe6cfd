import { expect } from 'chai';
import fc from 'fast-check';
import { checkHistory } from '../../testkit/history/checker.ts';
import type { History, Operation } from '../../testkit/history/history.ts';
import { describeViolation } from '../../testkit/history/violation.ts';
import { createRandom, type Random } from '../../testkit/mulberry32.ts';
import { mayBeShown } from './every-order.ts';
import { failedGenerate, generate, refused, revoke, valid } from './history-builder.ts';

const GUARANTEES = ['strict', 'linearizable'] as const;

describe('The history checker, for any history', function () {
  this.timeout(60_000);

  for (const guarantee of GUARANTEES) {
    it(`decides exactly what trying every order decides (${guarantee})`, () => {
      let right = 0;
      let wrong = 0;
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const history = anyHistory(createRandom(seed));
          const expected = mayBeShown(history, guarantee);
          if (expected) right++;
          else wrong++;

          const { violations } = checkHistory(history, { guarantee, revokedKeysKept: 0 });
          expect(violations.length === 0, violations.map(describeViolation).join('\n')).to.equal(expected);
        }),
        { numRuns: 20_000 },
      );
      expect(Math.min(right, wrong), 'both kinds were tried').to.be.above(200);
    });
  }

  it('never blames a correct store, whatever fails and however late its effects come', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, changes) => {
        const history = historyOfCorrectStore(createRandom(seed), changes);

        const { violations } = checkHistory(history, { guarantee: 'linearizable' });
        expect(violations.map(describeViolation)).to.deep.equal([]);
        expect(checkHistory(history).violations.map(describeViolation)).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });

  it('always finds one stale accept in the history of a correct store', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 60 }), (seed, changes) => {
        const random = createRandom(seed);
        const history = historyOfCorrectStore(random, changes);
        const stale = staleAccept(history, random);
        fc.pre(stale !== undefined);

        const { violations } = checkHistory([...history, stale as Operation]);
        const operations = violations.filter(({ rule }) => rule === 'noAcceptAfterChange').flatMap((v) => v.operations);
        expect(operations).to.include(stale);
      }),
      { numRuns: 500 },
    );
  });
});

/** A few overlapping calls with any verdicts at all. */
function anyHistory(random: Random): History {
  const times = (fromMs: number) => {
    const startMs = fromMs + random.below(10);
    return [startMs, startMs + random.below(6)] as const;
  };
  const changes = Array.from({ length: 1 + random.below(5) }, (_, index) => {
    const dice = random.next();
    if (dice < 0.55) return generate(`k${index}`, times(0));
    if (dice < 0.75) return revoke(times(0));
    return dice < 0.9 ? revoke(times(0), 'lost') : failedGenerate(times(0));
  });
  const made = changes.filter((change) => change.kind === 'generate' && change.keyId !== undefined);
  const verdicts = Array.from({ length: random.below(5) }, () => {
    const key = random.pick(made);
    if (key?.kind !== 'generate' || key.keyId === undefined) return [];
    const answer = random.next() < 0.5 ? valid : refused;
    return [answer(key.keyId, times(key.endMs + 1))];
  });
  return [...changes, ...verdicts.flat()];
}

/** Each call has its effect at one instant, which for failed changes may come late or never. */
function historyOfCorrectStore(random: Random, count: number): History {
  const span = count * (2 + random.below(6));
  const changes = Array.from({ length: count }, (_, index) => {
    const startMs = random.next() * span;
    const endMs = startMs + random.next() * 10;
    const isLost = random.next() < 0.15;
    const effectMs = isLost
      ? random.next() < 0.5
        ? startMs + random.next() * span
        : Infinity
      : between(startMs, endMs);
    const isGenerate = random.next() < 0.6;
    const keyId = isGenerate && !isLost ? `k${index}` : undefined;
    const operation = isGenerate
      ? keyId === undefined
        ? failedGenerate([startMs, endMs])
        : generate(keyId, [startMs, endMs])
      : revoke([startMs, endMs], isLost ? 'lost' : 'ok');
    return { operation, effectMs, keyId };
  }).sort((a, b) => a.effectMs - b.effectMs);

  function between(from: number, to: number): number {
    return from + random.next() * (to - from);
  }

  const verdicts = changes.flatMap(({ keyId, operation, effectMs }, index) => {
    if (keyId === undefined) return [];
    const deadMs = changes[index + 1]?.effectMs ?? Infinity;
    return Array.from({ length: random.below(5) }, () => {
      const startMs = operation.endMs + 0.001 + random.next() * 30;
      const endMs = startMs + random.next() * 5;
      const readMs = between(startMs, endMs);
      return (readMs >= effectMs && readMs < deadMs ? valid : refused)(keyId, [startMs, endMs]);
    });
  });
  return [...changes.map(({ operation }) => operation), ...verdicts];
}

/** An accept of a key after a later change of its merchant has returned, where there is one. */
function staleAccept(history: History, random: Random): Operation | undefined {
  const changes = history.filter((operation) => operation.kind !== 'validate');
  const pairs = changes.flatMap((made) => {
    if (made.kind !== 'generate' || made.keyId === undefined) return [];
    const { keyId, endMs } = made;
    const later = changes.filter((change) => change.outcome === 'ok' && change.startMs > endMs);
    return later.map((change) => ({ keyId, fromMs: change.endMs }));
  });
  const pair = random.pick(pairs);
  return pair && valid(pair.keyId, [pair.fromMs + 0.001 + random.next() * 50, pair.fromMs + 60]);
}
