import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { BASE62, encodeBase62, randomBase62 } from '../../src/core/base62.ts';
import { SEED } from './arbitraries.ts';
import { decodeBase62 } from './key-maker.ts';

/** Chi-square for 61 degrees of freedom beyond which fewer than one fair sample in a thousand million falls. */
const CHI_SQUARE_LIMIT = 160;
const SAMPLED_KEYS = 10_000;

/** How far the counts of the 62 characters are from equal ones. */
function chiSquare(text: string): number {
  const expected = text.length / BASE62.length;
  const counts = new Map([...BASE62].map((character) => [character, 0]));
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The mistake to be found: the first eight digits come up a quarter more often than the others. */
function biasedBase62(length: number): string {
  return [...randomBytes(length)].map((byte) => BASE62.charAt(byte % 62)).join('');
}

/** A source that gives out the bytes of a list, one after another. */
function sourceOf(bytes: readonly number[]): (count: number) => Uint8Array {
  let at = 0;
  return (count) => {
    at += count;
    return Uint8Array.from(bytes.slice(at - count, at));
  };
}

describe('Base62', () => {
  it('has the alphabet 0-9 A-Z a-z in the order of character codes', () => {
    const sorted = [...BASE62].sort().join('');

    expect(BASE62).to.match(/^[0-9A-Za-z]{62}$/);
    expect(BASE62).to.equal(sorted);
    expect(new Set(BASE62).size).to.equal(62);
  });

  it('writes any 32-bit number in exactly six digits, from which it can be read back', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (value) => {
        const digits = encodeBase62(value, 6);

        expect(digits).to.match(/^[0-9A-Za-z]{6}$/);
        expect(decodeBase62(digits)).to.equal(value);
      }),
      { seed: SEED, numRuns: 1_000, examples: [[0], [61], [62], [62 ** 5], [0xffff_ffff]] },
    );
  });

  it('keeps the order of numbers', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (a, b) => {
        const written = [encodeBase62(a, 6), encodeBase62(b, 6)] as const;

        expect(written[0] < written[1]).to.equal(a < b);
      }),
      { seed: SEED },
    );
  });

  it('refuses what is no safe unsigned integer, and what needs more digits', () => {
    const wrong = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53];

    for (const value of wrong) expect(() => encodeBase62(value, 10)).to.throw(RangeError);
    expect(() => encodeBase62(62, 1)).to.throw(RangeError);
  });
});

describe('Random base62 characters', () => {
  it('give each digit to exactly four of the 256 bytes, and draw the other eight bytes again', () => {
    const everyByte = Array.from({ length: 256 }, (_, byte) => byte);

    const characters = randomBase62(248, sourceOf([...everyByte, ...everyByte])).slice(0, 248);

    const counts = [...BASE62].map((digit) => characters.split(digit).length - 1);
    expect(counts).to.deep.equal(Array(62).fill(4));
  });

  it('have the length that was asked for, however many bytes are drawn again', () => {
    const source = sourceOf([255, 248, 0, 249, 61, 254, 62, 247]);

    const characters = randomBase62(4, source);

    expect(characters).to.equal('0z0z');
  });

  it('are as evenly spread in generated keys as chance allows', () => {
    const format = createKeyFormat('ipa_live_');

    const secrets = Array.from({ length: SAMPLED_KEYS }, () => format.generate().reveal().slice(9, 52));

    expect(chiSquare(secrets.join(''))).to.be.below(CHI_SQUARE_LIMIT);
  });

  it('would be found uneven by the same statistic, were the remainder of a byte taken as it is', () => {
    const secrets = Array.from({ length: SAMPLED_KEYS }, () => biasedBase62(43));

    expect(chiSquare(secrets.join(''))).to.be.above(CHI_SQUARE_LIMIT);
  });

  it('are evenly spread at every place of the secret', () => {
    const format = createKeyFormat('ipa_live_');
    const secrets = Array.from({ length: SAMPLED_KEYS }, () => format.generate().reveal().slice(9, 52));

    for (let place = 0; place < 43; place++) {
      const column = secrets.map((characters) => characters.charAt(place)).join('');

      expect(chiSquare(column)).to.be.below(CHI_SQUARE_LIMIT);
    }
  });
});
