import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { SEED, secret } from './arbitraries.ts';
import { makeKey } from './key-maker.ts';
import { MUTATIONS } from './mutations.ts';

const PREFIX = 'ipa_live_';
/** Prefixes that begin alike, and that differ in length by one character, so that the length alone settles nothing. */
const SIMILAR_PREFIXES = ['ipa_liv_', 'ipa_live_2_', 'ipa_lives_', 'Ipa_live_'];

const keys = fc.sample(secret, { seed: SEED, numRuns: 125 }).map((characters) => makeKey(PREFIX, characters));

describe('A million mistakes in valid keys', () => {
  const format = createKeyFormat(PREFIX, SIMILAR_PREFIXES);
  let tried = 0;

  it('start from keys that are accepted', () => {
    const refused = keys.filter((key) => format.hashOf(key) === undefined);

    expect(refused).to.deep.equal([]);
  });

  for (const [kind, mutate] of Object.entries(MUTATIONS)) {
    it(`are refused: every ${kind}`, () => {
      const accepted: string[] = [];

      for (const key of keys) {
        for (const mutated of mutate(key)) {
          tried++;
          if (format.hashOf(mutated) !== undefined) accepted.push(mutated);
        }
      }

      expect(accepted).to.deep.equal([]);
    });
  }

  it('are a million indeed', () => {
    expect(tried).to.be.at.least(1_000_000);
  });
});

describe('Arbitrary mistakes in valid keys', () => {
  it('are refused: any two characters exchanged, wherever they stand', () => {
    const format = createKeyFormat(PREFIX);
    const accepted: string[] = [];

    for (const key of keys.slice(0, 20)) {
      const characters = [...key];
      for (const [i, first] of characters.entries()) {
        for (const [offset, second] of characters.slice(i + 1).entries()) {
          if (first === second) continue;
          const exchanged = characters
            .with(i, second)
            .with(i + 1 + offset, first)
            .join('');
          if (format.hashOf(exchanged) !== undefined) accepted.push(exchanged);
        }
      }
    }

    expect(accepted).to.deep.equal([]);
  });
});
