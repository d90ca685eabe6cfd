import { expect } from 'chai';
import { createLogger } from '../../src/ops/logger.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';

/** Beginnings of a token's header that mean the same: JSON may have white space there (RFC 8259 section 2). */
const HEADERS: Readonly<Record<string, string>> = {
  'nothing between': '{"alg":"HS256"}',
  'a space': '{ "alg":"HS256"}',
  'a line end': '{\n"alg":"HS256"}',
  'a line end of two characters': '{\r\n  "alg": "HS256"\r\n}',
  'a tab': '{\t"alg":"HS256"}',
};

const SIGNATURE = 'c2lnbmF0dXJlLXRoYXQtbm9ib2R5LW1heS1zZWU';

describe('The logger hides a token whose header begins with a brace and', () => {
  for (const [what, header] of Object.entries(HEADERS)) {
    it(what, () => {
      const claims = JSON.stringify({ iss: JWT_ENVIRONMENT.JWT_ISSUER });
      const parts = [header, claims].map((part) => Buffer.from(part).toString('base64url'));
      const token = [...parts, SIGNATURE].join('.');
      const lines: string[] = [];
      const output = { write: (line: string) => void lines.push(line) };
      const logger = createLogger('info', { keys: (text) => text, secrets: (text) => text }, output);

      logger.info({ token }, `Bearer ${token}`);

      expect(JSON.parse(lines.join(''))).to.include({ token: '[redacted]', msg: 'Bearer [redacted]' });
    });
  }
});
