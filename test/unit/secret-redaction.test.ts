import { expect } from 'chai';
import { createLogger } from '../../src/ops/logger.ts';
import { createSecretRedaction } from '../../src/ops/secret-redaction.ts';

const PASSWORD = 'p@ss:w/rd "ä" 100%';
const ENCODED = encodeURIComponent(PASSWORD);
const lowerCase = ENCODED.replace(/%../g, (octet) => octet.toLowerCase());
const base64 = (text: string) => Buffer.from(text).toString('base64');

const URLS: Readonly<Record<string, string>> = {
  'of Redis': `redis://:${ENCODED}@127.0.0.1:6379/0`,
  'of Redis, with a user': `rediss://default:${ENCODED}@cache.example`,
  'of Redis, in the query': `redis://127.0.0.1:6379?username=app&password=${ENCODED}`,
  'of MongoDB, with several hosts': `mongodb://app:${ENCODED}@a.example:1,b.example:2/keys?replicaSet=rs0&appName=a@b`,
  'of MongoDB, in a property': `mongodb://127.0.0.1/?authMechanismProperties=A:b,AWS_SESSION_TOKEN:${ENCODED}`,
  'of MongoDB, of a certificate': `mongodb://127.0.0.1/?tlsCertificateKeyFilePassword=${ENCODED}&tls=true`,
  'of a key set': `https://login.example/jwks?token=${ENCODED}`,
  'without a password, where the name is the secret': `redis://${ENCODED}@127.0.0.1`,
};

const SPELLINGS: Readonly<Record<string, string>> = {
  'as it is': `the password ${PASSWORD} is wrong`,
  'percent-encoded': `cannot reach redis://:${ENCODED}@127.0.0.1`,
  'percent-encoded in lower case': `cannot reach ${lowerCase}`,
  'JSON-escaped': JSON.stringify({ args: ['default', PASSWORD] }),
  'in base64': base64(PASSWORD),
  'in base64 with a user': `Basic ${base64(`app:${PASSWORD}`)}`,
  'in base64 with a longer user': `Basic ${base64(`application:${PASSWORD}`)}`,
  'in base64 as SASL PLAIN sends it': base64(`\0operator\0${PASSWORD}`),
  'in base64url': Buffer.from(`x${PASSWORD}`).toString('base64url'),
};

/** Whether any six characters in a row of the secret, or of what stands for it, are in the text. */
function shows(text: string, secret: string): boolean {
  return Array.from({ length: secret.length - 5 }, (_, at) => secret.slice(at, at + 6)).some((part) =>
    text.includes(part),
  );
}

describe('The redaction of secrets', () => {
  for (const [where, url] of Object.entries(URLS)) {
    for (const [how, text] of Object.entries(SPELLINGS)) {
      it(`hides the password ${where}, ${how}`, () => {
        const hidden = createSecretRedaction({ urls: [url], plain: [] })(text);

        expect(hidden).to.include('[redacted]');
        for (const secret of [PASSWORD, ENCODED, lowerCase, JSON.stringify(PASSWORD).slice(1, -1)]) {
          expect(hidden).not.to.include(secret);
        }
        expect(shows(hidden, base64(PASSWORD).slice(0, -3))).to.equal(false);
      });
    }
  }

  it('hides a plain secret in every spelling', () => {
    const secret = 'a-secret-of-at-least-32-bytes-ünd-more';
    const redact = createSecretRedaction({ urls: [], plain: [secret] });

    for (const text of [secret, encodeURIComponent(secret), base64(secret), base64(`x:${secret}`)]) {
      expect(redact(`before ${text} after`)).to.match(/^before .{0,6}\[redacted\].{0,6} after$/);
    }
  });

  it('hides a password with a bare slash or at sign, which no URL may have', () => {
    for (const url of ['mongodb://app:pass/word@127.0.0.1/keys', 'mongodb://app:pass@word@127.0.0.1/keys']) {
      const redact = createSecretRedaction({ urls: [url], plain: [] });

      expect(redact(url)).to.match(/^mongodb:\/\/(app:)?\[redacted\]@127.0.0.1\/keys$/);
    }
  });

  it('hides the user information of any URL, also of one that is not configured', () => {
    const redact = createSecretRedaction({ urls: [], plain: [] });

    expect(redact('GET https://me:pw@host.example/a?b=c@d: no')).to.equal(
      'GET https://[redacted]@host.example/a?b=c@d: no',
    );
    expect(redact('nothing@all https://host.example/@home')).to.equal('nothing@all https://host.example/@home');
  });

  it('leaves other text alone where no secret is set, or a very short one', () => {
    const redact = createSecretRedaction({ urls: ['redis://127.0.0.1:6379', 'redis://:a@127.0.0.1'], plain: [] });

    expect(redact('a call failed on 127.0.0.1:6379')).to.equal('a call failed on 127.0.0.1:6379');
  });

  it('is quick on a long text', () => {
    const redact = createSecretRedaction({ urls: Object.values(URLS), plain: [] });
    const startedAtMs = performance.now();

    redact(`${'a.'.repeat(100_000)}@`);

    expect(performance.now() - startedAtMs).to.be.below(1_000);
  });
});

describe('A line of the log', () => {
  for (const password of ['"},{"', '123456', '\\\\\\\\', 'level', 'a\nb\nc']) {
    it(`stays JSON where it hid ${JSON.stringify(password)}`, () => {
      const lines: string[] = [];
      const secrets = createSecretRedaction({ urls: [`redis://:${encodeURIComponent(password)}@h`], plain: [] });
      const output = { write: (line: string) => void lines.push(line) };
      const logger = createLogger('info', { keys: (text) => text, secrets }, output);

      logger.info({ pid: 123456, deep: [{ password }] }, `of ${password} and more`);

      expect(lines).to.have.length(1);
      const line = JSON.parse(lines[0] ?? '');
      expect(line).to.include({ pid: 123456, msg: 'of [redacted] and more' });
      expect(line.deep).to.deep.equal([{ password: '[redacted]' }]);
    });
  }
});
