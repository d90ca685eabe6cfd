import { expect } from 'chai';
import { checkHistory } from '../../testkit/history/checker.ts';
import type { History } from '../../testkit/history/history.ts';
import { describeViolation, operationsUntilFirst } from '../../testkit/history/violation.ts';
import type { Guarantee } from '../../testkit/history/world.ts';
import { failedGenerate, generate, refused, revoke, unanswered, valid } from './history-builder.ts';

interface Case {
  readonly what: string;
  readonly history: History;
}

const K1 = generate('k1', [0, 1]);

/** By the one rule that catches them. */
const BAD: Readonly<Record<string, readonly (Case & { readonly guarantee?: Guarantee })[]>> = {
  onlyKnownKeysAreAccepted: [{ what: 'a key that was never made is accepted', history: [K1, valid('k9', [2, 3])] }],
  acceptsNameTheMerchant: [{ what: 'an accept names another merchant', history: [K1, valid('k1', [2, 3], 'other')] }],
  noAcceptAfterChange: [
    { what: 'a key is accepted after a Revoke', history: [K1, revoke([2, 3]), valid('k1', [4, 5])] },
    { what: 'a key is accepted after another Generate', history: [K1, generate('k2', [2, 3]), valid('k1', [4, 5])] },
    {
      what: 'a key is accepted after the first of two Revokes',
      history: [K1, revoke([2, 9]), revoke([3, 4]), valid('k1', [5, 6])],
    },
    {
      what: 'a key is accepted after a failed Revoke that was repeated',
      history: [K1, revoke([2, 3], 'revocation_unconfirmed'), revoke([4, 5]), valid('k1', [6, 7])],
    },
    { what: 'a key is accepted long before that is noticed', history: [valid('k1', [4, 50]), revoke([2, 3]), K1] },
  ],
  oneKeyIsValidAtOnce: [
    {
      what: 'both keys of overlapping Generates are accepted after both returned',
      history: [generate('k1', [0, 4]), generate('k2', [1, 3]), valid('k1', [5, 6]), valid('k2', [5, 7])],
    },
  ],
  noAcceptAfterRefusal: [
    {
      what: 'a key is accepted after it was refused, while the Revoke goes on',
      history: [K1, revoke([2, 9]), refused('k1', [3, 4]), valid('k1', [5, 6])],
      guarantee: 'linearizable',
    },
  ],
  realKeysAreRecognised: [
    { what: 'a real key is malformed', history: [K1, refused('k1', [2, 3], 'MALFORMED')] },
    { what: 'a revoked key is malformed', history: [K1, revoke([2, 3]), refused('k1', [4, 5], 'MALFORMED')] },
    { what: 'a key has no reason', history: [K1, refused('k1', [2, 3], 'UNSPECIFIED')] },
  ],
  noActiveKeyIsRefused: [
    { what: 'a new key is refused', history: [K1, refused('k1', [2, 3])] },
    { what: 'a key is refused before its Revoke starts', history: [K1, refused('k1', [2, 3]), revoke([4, 5])] },
    {
      what: 'a key is refused because of a Revoke before its Generate',
      history: [revoke([-3, -2]), K1, refused('k1', [2, 3])],
    },
    {
      what: 'a key is refused although an accept shows that the overlapping Revoke came before it',
      history: [generate('k1', [0, 4]), revoke([1, 3]), valid('k1', [5, 6]), refused('k1', [7, 8])],
    },
  ],
  revokedKeysAreRemembered: [
    {
      what: 'a revoked key is not known',
      history: [K1, revoke([2, 3]), refused('k1', [4, 5], 'NOT_FOUND')],
    },
    {
      what: 'a key is not known although one too few were made after it',
      history: [K1, ...generates(99, 10), refused('k1', [500, 501], 'NOT_FOUND')],
    },
  ],
  merchantsAreRemembered: [
    { what: 'a Revoke finds no merchant where there was a key', history: [K1, revoke([2, 3], 'not_found')] },
  ],
  someOrderExplains: [
    {
      what: 'both keys of overlapping Generates are refused',
      history: [generate('k1', [0, 4]), generate('k2', [1, 3]), refused('k1', [5, 6]), refused('k2', [5, 7])],
    },
    {
      what: 'one failed Revoke ends two keys, one after the other',
      history: [
        ...[failedGenerate([0, 1]), generate('k1', [2, 3]), refused('k1', [4, 5])],
        ...[generate('k2', [6, 7]), refused('k2', [8, 9])],
      ],
    },
  ],
};

const GOOD: readonly Case[] = [
  { what: 'nothing at all', history: [] },
  { what: 'a Validate that started before the Revoke returned', history: [K1, revoke([2, 4]), valid('k1', [3, 9])] },
  { what: 'a Validate that started when the Revoke returned', history: [K1, revoke([2, 4]), valid('k1', [4, 5])] },
  { what: 'a Revoke that started when the Generate returned', history: [K1, revoke([1, 2]), valid('k1', [3, 4])] },
  {
    what: 'a Revoke that overlaps the Generate',
    history: [generate('k1', [0, 4]), revoke([1, 3]), valid('k1', [5, 6])],
  },
  {
    what: 'a Revoke that overlaps the Generate and ends its key',
    history: [generate('k1', [0, 4]), revoke([1, 3]), refused('k1', [5, 6])],
  },
  {
    what: 'overlapping Generates of which the one that returned first wins',
    history: [generate('k1', [0, 4]), generate('k2', [1, 3]), valid('k2', [5, 6]), refused('k1', [5, 6])],
  },
  {
    what: 'overlapping Generates whose keys are accepted one before, one after both returned',
    history: [generate('k1', [0, 2]), generate('k2', [1, 5]), valid('k1', [3, 9]), valid('k2', [6, 7])],
  },
  {
    what: 'accepts after a Revoke that failed',
    history: [K1, revoke([2, 3], 'revocation_unconfirmed'), valid('k1', [4, 5]), valid('k1', [6, 7])],
  },
  {
    what: 'a failed Revoke that has its effect late',
    history: [K1, revoke([2, 3], 'lost'), valid('k1', [40, 50]), refused('k1', [60, 70])],
  },
  { what: 'a failed Generate that ends a key', history: [K1, failedGenerate([2, 3]), refused('k1', [4, 5])] },
  {
    what: 'a failed Revoke before the Generate, with its effect after it',
    history: [revoke([-9, -8], 'deadline_exceeded'), K1, refused('k1', [2, 3])],
  },
  { what: 'a refusal while the Revoke goes on', history: [K1, revoke([2, 9]), refused('k1', [3, 4])] },
  { what: 'a refusal that ends when the Revoke starts', history: [K1, revoke([4, 9]), refused('k1', [3, 4])] },
  {
    what: 'a Validate without an answer',
    history: [K1, unanswered('k1', [2, 3]), unanswered('k1', [4, 5], 'unavailable')],
  },
  {
    what: 'a stranger that is refused',
    history: [refused('k9', [2, 3], 'NOT_FOUND'), refused('k8', [2, 3], 'MALFORMED')],
  },
  {
    what: 'a key that was forgotten after a hundred others',
    history: [K1, ...generates(100, 10), refused('k1', [500, 501], 'NOT_FOUND')],
  },
  {
    what: 'a Revoke of a merchant that never had a key',
    history: [revoke([0, 1], 'not_found'), generate('k1', [1, 2])],
  },
  {
    what: 'a failed change that ends the last key, where overlapping changes may have ended the others',
    history: [
      ...[generate('k0', [2, 7]), failedGenerate([3, 5]), generate('k2', [9, 13]), generate('k3', [2, 5])],
      ...[refused('k3', [7, 7]), refused('k2', [16, 18]), refused('k0', [9, 13]), refused('k3', [13, 18])],
    ],
  },
  {
    what: 'two failed changes that end two keys',
    history: [
      ...[failedGenerate([0, 1]), revoke([0, 1], 'lost'), generate('k1', [2, 3]), refused('k1', [4, 5])],
      ...[generate('k2', [6, 7]), refused('k2', [8, 9])],
    ],
  },
];

/** Right with a cache, which may still know a key whose Revoke has not returned. */
const GOOD_WITH_CACHE: Case = {
  what: 'an accept after a refusal, while the Revoke goes on',
  history: [K1, revoke([2, 9]), refused('k1', [3, 4]), valid('k1', [5, 6])],
};

describe('The history checker', () => {
  for (const [rule, cases] of Object.entries(BAD)) {
    for (const { what, history, guarantee = 'strict' } of cases) {
      it(`finds by ${rule}, and by nothing else, that ${what}`, () => {
        const { violations } = checkHistory(history, { guarantee });

        expect(violations.map((violation) => violation.rule)).to.deep.equal([rule]);
      });
    }
  }

  for (const { what, history } of GOOD) {
    it(`finds nothing wrong with ${what}`, () => {
      expect(checkHistory(history).violations.map(describeViolation)).to.deep.equal([]);
      expect(checkHistory(history, { guarantee: 'linearizable' }).violations.map(describeViolation)).to.deep.equal([]);
    });
  }

  it(`finds nothing wrong with ${GOOD_WITH_CACHE.what}`, () => {
    const { violations } = checkHistory(GOOD_WITH_CACHE.history);

    expect(violations).to.deep.equal([]);
  });

  it('says what happened, with every operation that proves it, and after how many operations', () => {
    const history = [K1, revoke([2, 3]), valid('k1', [4, 5]), unanswered('k1', [6, 7])];

    const { violations } = checkHistory(history);

    expect(violations.map(describeViolation)).to.deep.equal([
      [
        'noAcceptAfterChange: the key k1 of m was accepted after its end',
        '  [0.000 … 1.000 ms] on a: Generate(m) → k1',
        '  [2.000 … 3.000 ms] on a: Revoke(m) → ok',
        '  [4.000 … 5.000 ms] on b: Validate(k1) → valid, m',
      ].join('\n'),
    ]);
    expect(operationsUntilFirst(history, violations)).to.equal(3);
  });

  it('says so when too many changes overlap to try all orders', () => {
    const many = Array.from({ length: 20 }, (_, index) => generate(`k${index}`, [0, 100]));
    const verdicts = many.map((_, index) => refused(`k${index}`, [101, 102]));

    const { undecidedMerchants } = checkHistory([...many, ...verdicts]);

    expect(undecidedMerchants).to.deep.equal(['m']);
  });
});

/** So many keys, one after the other. */
function generates(count: number, fromMs: number): History {
  return Array.from({ length: count }, (_, index) =>
    generate(`g${index}`, [fromMs + 2 * index, fromMs + 2 * index + 1]),
  );
}
