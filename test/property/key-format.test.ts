import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat, KEY_PREFIX } from '../../src/core/api-key.ts';
import { BASE62 } from '../../src/core/base62.ts';
import { base62, keyPrefix, SEED, secret, textNear } from './arbitraries.ts';
import { crc32BitByBit, decodeBase62, makeKey } from './key-maker.ts';

describe('The key format', () => {
  it('has the published CRC-32, whose check value is 0xCBF43926', () => {
    const checkValue = crc32BitByBit('123456789');

    expect(checkValue).to.equal(0xcbf4_3926);
  });

  it('makes keys of prefix, 43 secret characters and the CRC-32 of all that stands before', () => {
    fc.assert(
      fc.property(keyPrefix, (prefix) => {
        const key = createKeyFormat(prefix).generate().reveal();

        const checksum = key.slice(-6);
        expect(key.slice(0, prefix.length)).to.equal(prefix);
        expect(key.slice(prefix.length)).to.match(/^[0-9A-Za-z]{49}$/);
        expect(decodeBase62(checksum)).to.equal(crc32BitByBit(key.slice(0, -6)));
      }),
      { seed: SEED },
    );
  });

  it('reads back every key that it makes, as the SHA-256 of the whole key', () => {
    fc.assert(
      fc.property(keyPrefix, (prefix) => {
        const format = createKeyFormat(prefix);
        const key = format.generate();

        const hash = format.hashOf(key.reveal());

        expect(hash).to.equal(key.hash);
        expect(hash).to.equal(createHash('sha256').update(key.reveal()).digest('base64url'));
      }),
      { seed: SEED },
    );
  });

  it('reads keys that were made by the published description alone', () => {
    fc.assert(
      fc.property(keyPrefix, secret, (prefix, secretCharacters) => {
        const key = makeKey(prefix, secretCharacters);

        const hash = createKeyFormat(prefix).hashOf(key);

        expect(hash).to.equal(createHash('sha256').update(key).digest('base64url'));
      }),
      { seed: SEED },
    );
  });

  it('shows the prefix and three characters of the secret as the visible prefix', () => {
    fc.assert(
      fc.property(keyPrefix, (prefix) => {
        const key = createKeyFormat(prefix).generate();

        expect(key.visiblePrefix).to.equal(key.reveal().slice(0, prefix.length + 3));
      }),
      { seed: SEED },
    );
  });

  it('makes no key twice', () => {
    const format = createKeyFormat('ipa_live_');

    const keys = Array.from({ length: 10_000 }, () => format.generate().reveal());

    expect(new Set(keys).size).to.equal(keys.length);
  });

  it('refuses text near to a key', () => {
    const format = createKeyFormat('k_');
    const nearKey = fc.oneof(
      textNear(`${BASE62}_`, 80),
      textNear(BASE62, 60).map((text) => `k_${text}`),
      base62(49).map((text) => `k_${text}`),
      secret.map((text) => ` ${makeKey('k_', text)}`),
      secret.map((text) => `${makeKey('k_', text)}\n`),
      secret.map((text) => makeKey('k_', text).toUpperCase()),
    );
    fc.assert(
      fc.property(nearKey, (text) => {
        const hash = format.hashOf(text);

        expect(hash).to.equal(undefined);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it('refuses an empty text and a text of a megabyte', () => {
    const format = createKeyFormat('ipa_live_');

    const hashes = ['', 'ipa_live_', 'ipa_live_'.padEnd(1_000_000, 'a')].map((text) => format.hashOf(text));

    expect(hashes).to.deep.equal([undefined, undefined, undefined]);
  });

  it('cannot be made with a prefix that is not 1 to 32 characters A-Z a-z 0-9 _ ending in _', () => {
    fc.assert(
      fc.property(textNear('aZ0_-.|$', 40), (prefix) => {
        const allowed = /^[A-Za-z0-9_]{0,31}_$/.test(prefix);

        const make = () => createKeyFormat('ipa_live_', [prefix]);

        expect(KEY_PREFIX.test(prefix)).to.equal(allowed);
        if (allowed) expect(make).not.to.throw();
        else expect(make).to.throw(RangeError);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });
});
