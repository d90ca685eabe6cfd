import { expect } from 'chai';
import fc from 'fast-check';
import { parseMerchantId } from '../../src/core/merchant-id.ts';
import { SEED, textNear } from './arbitraries.ts';

const LETTERS_AND_DIGITS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Every merchant id, by its rule. */
const merchantId = fc
  .tuple(
    fc.constantFrom(...LETTERS_AND_DIGITS),
    fc.string({ unit: fc.constantFrom(...LETTERS_AND_DIGITS, '.', '_', '-'), maxLength: 127 }),
  )
  .map(([first, rest]) => first + rest);

/** The text in an arbitrary mixture of cases. */
const inMixedCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((uppers) => [...text].map((character, at) => (uppers[at] ? character.toUpperCase() : character)).join(''));

describe('A merchant id', () => {
  it('is accepted whenever it follows the rule', () => {
    fc.assert(
      fc.property(merchantId, (text) => {
        const parsed = parseMerchantId(text);

        expect(parsed?.toLowerCase()).to.equal(text.toLowerCase());
      }),
      { seed: SEED, examples: [['a'], ['0'], ['Z'.repeat(128)]] },
    );
  });

  it('keeps its spelling unless it is a UUID', () => {
    fc.assert(
      fc.property(merchantId, (text) => {
        fc.pre(text.length !== 36);

        const parsed = parseMerchantId(text);

        expect(parsed).to.equal(text);
      }),
      { seed: SEED },
    );
  });

  it('is the same merchant in any case when it is a UUID', () => {
    const spellings = fc.uuid().chain((uuid) => fc.tuple(fc.constant(uuid), inMixedCase(uuid)));
    fc.assert(
      fc.property(spellings, ([uuid, spelling]) => {
        const parsed = parseMerchantId(spelling);

        expect(parsed).to.equal(uuid);
      }),
      { seed: SEED },
    );
  });

  it('is folded like a UUID whatever its version and variant say', () => {
    const nil = parseMerchantId('00000000-0000-0000-0000-000000000000');
    const max = parseMerchantId('FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF');

    expect(nil).to.equal('00000000-0000-0000-0000-000000000000');
    expect(max).to.equal('ffffffff-ffff-ffff-ffff-ffffffffffff');
  });

  it('is not folded where it is only like a UUID', () => {
    const almost = [
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFG',
      'FFFFFFFF-FFFF-FFFF-FFFFF-FFFFFFFFFFF',
      'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF0',
    ];

    const parsed = almost.map(parseMerchantId);

    expect(parsed).to.deep.equal(almost);
  });

  it('does not change when it is read again', () => {
    const anything = fc.oneof(merchantId, fc.uuid().chain(inMixedCase), fc.string());
    fc.assert(
      fc.property(anything, (text) => {
        const once = parseMerchantId(text);

        const twice = once === undefined ? undefined : parseMerchantId(once);

        expect(twice).to.equal(once);
      }),
      { seed: SEED },
    );
  });

  it('is refused whenever it breaks the rule', () => {
    const allowed = new Set([...LETTERS_AND_DIGITS, '.', '_', '-']);
    fc.assert(
      fc.property(textNear('aZ0._-/ %', 140), (text) => {
        const characters = [...text];
        const good =
          characters.length >= 1 &&
          characters.length <= 128 &&
          !['.', '_', '-'].includes(text.charAt(0)) &&
          characters.every((character) => allowed.has(character));

        const parsed = parseMerchantId(text);

        expect(parsed !== undefined).to.equal(good);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it('is refused when it is empty, too long, begins with a mark, or holds anything foreign', () => {
    const wrong = [
      '',
      '.',
      '-a',
      '_a',
      '.a',
      'a'.repeat(129),
      'a b',
      'a/b',
      'a\n',
      '\na',
      'a\0',
      'é',
      'ａ',
      'a%20',
      '*',
    ];

    const parsed = wrong.map(parseMerchantId);

    expect(parsed).to.deep.equal(wrong.map(() => undefined));
  });
});
