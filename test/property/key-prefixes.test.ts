import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { keyPrefix, SEED, secret } from './arbitraries.ts';
import { makeKey } from './key-maker.ts';

/** Lists in which one prefix begins another, or has it at its end. */
const similarPrefixes = fc
  .tuple(keyPrefix, fc.array(keyPrefix, { minLength: 1, maxLength: 3 }))
  .map(([first, others]) => [first, ...others, ...others.map((other) => first + other)])
  .filter((prefixes) => prefixes.every((prefix) => prefix.length <= 32));

describe('Accepted key prefixes', () => {
  it('keep their keys alive when the prefix of new keys changes', () => {
    fc.assert(
      fc.property(keyPrefix, keyPrefix, (before, after) => {
        const key = createKeyFormat(before).generate();

        const hash = createKeyFormat(after, [before]).hashOf(key.reveal());

        expect(hash).to.equal(key.hash);
      }),
      { seed: SEED },
    );
  });

  it('may begin alike, in any order', () => {
    fc.assert(
      fc.property(similarPrefixes, secret, (prefixes, characters) => {
        const [first = '', ...further] = prefixes;
        const formats = [createKeyFormat(first, further), createKeyFormat(further.at(-1) ?? '', [...prefixes])];

        for (const prefix of prefixes) {
          const key = makeKey(prefix, characters);
          const hashes = formats.map((format) => format.hashOf(key));

          expect(hashes).not.to.include(undefined);
          expect(formats.every((format) => format.looksLikeKey(key))).to.equal(true);
        }
      }),
      { seed: SEED },
    );
  });

  it('count for a key only when the checksum covers that very prefix', () => {
    fc.assert(
      fc.property(keyPrefix, keyPrefix, secret, (one, other, characters) => {
        fc.pre(one !== other);
        const format = createKeyFormat(one, [other]);
        const checksumOfOther = makeKey(other, characters).slice(-6);

        const hash = format.hashOf(one + characters + checksumOfOther);

        expect(hash).to.equal(undefined);
      }),
      { seed: SEED },
    );
  });

  it('are the only ones: a key of another prefix is refused', () => {
    const format = createKeyFormat('a_', ['a_b_', 'a_bc_']);
    const characters = 'x'.repeat(43);

    const hashes = ['a_c_', 'b_', 'a_b_c_', 'A_', '_'].map((prefix) => format.hashOf(makeKey(prefix, characters)));

    expect(hashes).to.deep.equal(Array(5).fill(undefined));
  });

  it('are never used for new keys', () => {
    const format = createKeyFormat('new_', ['old_', 'n_']);

    const keys = Array.from({ length: 100 }, () => format.generate().reveal());

    expect(keys.every((key) => key.startsWith('new_'))).to.equal(true);
  });
});
