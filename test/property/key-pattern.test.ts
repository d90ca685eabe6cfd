import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { base62, keyPrefix, SEED, secret, textNear } from './arbitraries.ts';
import { makeKey } from './key-maker.ts';

/** What may stand before and after a key in text: nothing that could belong to it. */
const surroundings = textNear(' "\'=:;,.-/<>()[]{}\n\t\\&?', 20).filter((text) => !/\w/.test(text));

describe('The published pattern', () => {
  it('finds every key in text, and the key alone', () => {
    fc.assert(
      fc.property(keyPrefix, secret, surroundings, surroundings, (prefix, characters, before, after) => {
        const { pattern } = createKeyFormat(prefix);
        const key = makeKey(prefix, characters);

        const found = `${before}${key}${after}`.match(pattern);

        expect(found).to.deep.equal([key]);
      }),
      { seed: SEED },
    );
  });

  it('finds keys of every accepted prefix, also where prefixes begin alike', () => {
    fc.assert(
      fc.property(secret, (characters) => {
        const { pattern } = createKeyFormat('a_', ['a_b_', 'a_b_c_']);
        const keys = ['a_b_c_', 'a_', 'a_b_'].map((prefix) => makeKey(prefix, characters));

        const found = keys.join(' ').match(pattern);

        expect(found).to.deep.equal(keys);
      }),
      { seed: SEED },
    );
  });

  it('matches nothing longer or shorter than a key, on either side', () => {
    fc.assert(
      fc.property(secret, base62(1), (characters, extra) => {
        const { pattern } = createKeyFormat('ipa_live_');
        const key = makeKey('ipa_live_', characters);
        const other = [key + extra, extra + key, `${key}_`, `_${key}`, key.slice(0, -1), key.slice(1)];

        const found = other.flatMap((text) => text.match(pattern) ?? []);

        expect(found).to.deep.equal([]);
      }),
      { seed: SEED },
    );
  });
});

describe('Redaction', () => {
  it('leaves no secret of a key in text, wherever the key stands', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (characters, before, after) => {
        const format = createKeyFormat('new_', ['ipa_live_']);
        const key = makeKey('ipa_live_', characters);

        const redacted = format.redact(`${before}${key}${after}${key}`);

        expect(redacted).not.to.include(characters);
        expect(redacted).to.equal(`${before}[redacted]${after}[redacted]`);
      }),
      { seed: SEED },
    );
  });

  it('hides a key with a wrong checksum, and one that stands in the middle of a word', () => {
    const { redact } = createKeyFormat('ipa_live_');
    const key = makeKey('ipa_live_', 's'.repeat(43));
    const mistyped = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;

    const redacted = [redact(mistyped), redact(`x${key}y`), redact(`x_${key}_y`)];

    expect(redacted).to.deep.equal(['[redacted]', 'x[redacted]y', 'x_[redacted]_y']);
  });

  it('leaves text without keys as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const redacted = createKeyFormat('ipa_live_').redact(text);

        expect(redacted).to.equal(text);
      }),
      { seed: SEED },
    );
  });
});
