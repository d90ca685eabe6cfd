import { randomBytes, randomInt } from 'node:crypto';
import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { JWT, refusalOf } from './config-world.ts';

const TOO_EASY =
  'JWT_HS256_SECRET: is easy to guess: it must have at least 8 different characters, and be no shorter text repeated; ' +
  '`openssl rand -base64 48` makes a good one.';

/** A secret of so many bytes, all of whose characters differ as far as they can. */
function secretOf(bytes: number): string {
  return '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/-_'.slice(0, bytes);
}

function keyOf(secret: string, algorithms = '') {
  return readConfig({ ...JWT, JWT_HS256_SECRET: secret, JWT_ALGORITHMS: algorithms }).jwt?.key;
}

function refusal(secret: string, algorithms = ''): string {
  return refusalOf({ ...JWT, JWT_HS256_SECRET: secret, JWT_ALGORITHMS: algorithms });
}

describe('The shared secret of tokens', () => {
  for (const [bytes, algorithm, shorter] of [
    [32, 'HS256', ''],
    [48, 'HS384', 'HS256'],
    [64, 'HS512', 'HS384,HS256'],
  ] as const) {
    it(`must have ${bytes} bytes when ${algorithm} is allowed, alone or beside others (RFC 7518 section 3.2)`, () => {
      const enough = secretOf(bytes);

      for (const algorithms of [algorithm, `${algorithm},HS256`, `HS256,${algorithm}`]) {
        expect(keyOf(enough, algorithms)).to.deep.equal({ kind: 'hs256', secret: enough });
        expect(refusal(enough.slice(1), algorithms)).to.match(
          new RegExp(`^JWT_HS256_SECRET: must be at least ${bytes} bytes long`),
        );
      }
      if (shorter !== '') expect(keyOf(enough.slice(1), shorter)).to.have.property('secret', enough.slice(1));
    });
  }

  it('must have 32 bytes by default, when only HS256 is allowed', () => {
    expect(keyOf(secretOf(32))).to.deep.equal({ kind: 'hs256', secret: secretOf(32) });
    expect(refusal(secretOf(31))).to.equal('JWT_HS256_SECRET: must be at least 32 bytes long.');
  });

  it('names the algorithm that wants a longer one', () => {
    expect(refusal(secretOf(63), 'HS256,HS512')).to.equal(
      'JWT_HS256_SECRET: must be at least 64 bytes long, since JWT_ALGORITHMS allows HS512 (RFC 7518 section 3.2).',
    );
  });

  it('is counted in bytes of UTF-8, not in characters', () => {
    const secret = 'äöüßéèàçíóúâêîô';

    expect(keyOf(`${secret}ñ`)).to.have.property('secret', `${secret}ñ`);
    expect(refusal(`${secret}n`)).to.equal('JWT_HS256_SECRET: must be at least 32 bytes long.');
  });

  for (const [what, secret] of Object.entries({
    'one character': 'x'.repeat(64),
    'one character of several bytes': 'é'.repeat(16),
    'one character outside the basic plane': '😀'.repeat(16),
    spaces: ' '.repeat(40),
    'two characters in turn': 'ab'.repeat(20),
    'few characters in any order': 'aabbabcabdcbadbcbadcabdcbaabcdbadcbb',
    'a placeholder, again and again': 'changeme'.repeat(8),
    'a placeholder, again and again, cut short': 'replace-this-secret '.repeat(4).slice(0, 70),
    'a placeholder, twice': 'put your own secret here'.repeat(2),
    digits: '1234567890'.repeat(4),
    'the alphabet, twice': 'abcdefghijklmnopqrstuvwxyz'.repeat(2),
  })) {
    it(`cannot be ${what}; the message does not show it`, () => {
      const message = refusal(secret);

      expect(message).to.equal(TOO_EASY);
      expect(message).not.to.include(secret.slice(0, 6));
    });
  }

  it('is taken where it is random, in whatever form it is written', () => {
    const forms: readonly (() => string)[] = [
      () => randomBytes(32).toString('hex'),
      () => randomBytes(48).toString('base64'),
      () => randomBytes(32).toString('base64url'),
      () => Array.from({ length: 77 }, () => randomInt(10)).join(''),
    ];

    for (const make of forms) {
      for (let round = 0; round < 200; round++) {
        const secret = make();
        expect(keyOf(secret)).to.deep.equal({ kind: 'hs256', secret });
      }
    }
  });
});
