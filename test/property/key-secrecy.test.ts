import { format, inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { keyPrefix, SEED } from './arbitraries.ts';

/** Ways in which a value gets printed, be it by mistake. */
const PRINTERS: Readonly<Record<string, (value: unknown) => string>> = {
  String: (value) => String(value),
  'a template': (value) => `${value}`,
  concatenation: (value) => `key: ${[value, value].join(' ')}`,
  'JSON.stringify': (value) => JSON.stringify(value),
  'JSON.stringify of what holds it': (value) => JSON.stringify({ list: [value], deep: { value } }),
  'util.inspect': (value) => inspect(value),
  'util.inspect of what holds it': (value) => inspect({ list: [value], map: new Map([[value, value]]) }),
  'util.inspect of everything': (value) => inspect(value, { showHidden: true, depth: null, getters: true }),
  'util.inspect without custom printers': (value) =>
    inspect(value, { customInspect: false, showHidden: true, depth: null, showProxy: true }),
  'util.format': (value) => format('%s %o %O %j', value, value, value, value),
  'an error': (value) => inspect(new Error(`failed for ${value}`, { cause: value })),
  'its own members': (value) => JSON.stringify(Object.entries(Object(value))),
  'a copy': (value) => JSON.stringify({ ...Object(value) }),
  'a structured clone': (value) => JSON.stringify(structuredClone(Object(value))),
};

describe('A plaintext key', () => {
  for (const [how, print] of Object.entries(PRINTERS)) {
    it(`is not shown by ${how}`, () => {
      fc.assert(
        fc.property(keyPrefix, (prefix) => {
          const key = createKeyFormat(prefix).generate();
          const clear = key.reveal();

          const printed = print(key);

          // Three secret characters belong to the visible prefix; a fourth would already be too much.
          expect(printed).not.to.include(clear.slice(0, prefix.length + 4));
          expect(printed).not.to.include(clear.slice(prefix.length + 3));
        }),
        { seed: SEED, numRuns: 50 },
      );
    });
  }

  it('can be recognised in print by its visible prefix', () => {
    const key = createKeyFormat('ipa_live_').generate();

    const printed = [String(key), JSON.parse(JSON.stringify(key)), inspect(key)];

    const shown = `${key.visiblePrefix}…`;
    expect(printed).to.deep.equal([shown, shown, `ApiKey(${shown})`]);
  });
});
