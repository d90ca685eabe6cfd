import { expect } from 'chai';
import fc from 'fast-check';
import { parseTemplate, type TemplateSegment } from '../../src/transport/rest/http-rule.ts';
import { SEED, textNear } from './arbitraries.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UNRESERVED = `${LOWER}${LOWER.toUpperCase()}0123456789._~-`;

const literal = fc
  .string({ unit: fc.constantFrom(...UNRESERVED), minLength: 1, maxLength: 12 })
  .map((text): TemplateSegment => ({ kind: 'literal', text }));

const variable = fc
  .tuple(fc.constantFrom(...LOWER), fc.string({ unit: fc.constantFrom(...LOWER, '0', '9', '_'), maxLength: 8 }))
  .map(([first, rest]): TemplateSegment => ({ kind: 'variable', fieldName: first + rest }));

const segments = fc.uniqueArray(fc.oneof(literal, variable), {
  minLength: 1,
  maxLength: 6,
  selector: (segment) => (segment.kind === 'variable' ? segment.fieldName : segment),
});

function write(template: readonly TemplateSegment[]): string {
  return template.map((segment) => `/${segment.kind === 'literal' ? segment.text : `{${segment.fieldName}}`}`).join('');
}

describe('A path template', () => {
  it('is read back as the segments that it was written from', () => {
    fc.assert(
      fc.property(segments, (written) => {
        const read = parseTemplate(write(written));

        expect(read).to.deep.equal(written);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('is refused, or says all that was written: nothing is skipped', () => {
    fc.assert(
      fc.property(textNear('//{{}}ab_A0.~-*=:%', 16), (text) => {
        const read = parseTemplate(`/${text}`);

        if (read !== undefined) expect(write(read)).to.equal(`/${text}`);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });

  it('is accepted exactly when the grammar allows it and no field is named twice', () => {
    const grammar = /^(?:\/(?:[A-Za-z0-9\-._~]+|\{[a-z][a-z0-9_]*\}))+$/;
    const text = fc.oneof(
      textNear('//{{}}ab_A0.~-', 12),
      fc
        .array(fc.constantFrom('/a', '/{a}', '/{b}', '/{a_0}', '/', '/{}', '/{A}', 'x', '/*', '/{a=*}', '/{a.b}'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (template) => {
        const names = template.match(/\{[^}]*\}/g) ?? [];
        const allowed = grammar.test(template) && new Set(names).size === names.length;

        const read = parseTemplate(template);

        expect(read !== undefined).to.equal(allowed);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });

  it('is refused in every form of google.api.http that is not served', () => {
    const notServed = [
      '',
      '/',
      'v1/keys',
      '/v1//keys',
      '/v1/keys/',
      '/v1/*',
      '/v1/**',
      '/v1/{name=*}',
      '/v1/{name=keys/*}',
      '/v1/{name=**}',
      '/v1/{key.id}',
      '/v1/keys:revoke',
      '/v1/{id}:revoke',
      '/v1/{id}/{id}',
      '/v1/a{id}',
      '/v1/{id}a',
      '/v1/{id',
      '/v1/id}',
      '/v1/{Id}',
      '/v1/{_id}',
      '/v1/{1d}',
      '/v1/{}',
      '/v1/{{id}}',
      '/v1/%7Bid%7D',
      '/v1/ keys',
      '/v1/keys\n',
      '/v1/keys?x=1',
      '/v1/keys#x',
      '/v1/schlüssel',
    ];

    const accepted = notServed.filter((template) => parseTemplate(template) !== undefined);

    expect(accepted).to.deep.equal([]);
  });
});
