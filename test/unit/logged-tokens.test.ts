import { expect } from 'chai';
import { JWT_ENVIRONMENT } from '../support/tokens.ts';
import { runNode } from './child-process.ts';

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
    it(what, async () => {
      const claims = JSON.stringify({ iss: JWT_ENVIRONMENT.JWT_ISSUER });
      const parts = [header, claims].map((part) => Buffer.from(part).toString('base64url'));
      const token = [...parts, SIGNATURE].join('.');
      const program = `
        import { createLogger } from './src/ops/logger.ts';
        createLogger('info', (text) => text).info({ token: process.env.TOKEN }, 'Bearer ' + process.env.TOKEN);`;

      const { stdout } = await runNode(['--input-type=module', '--eval', program], { TOKEN: token });

      expect(JSON.parse(stdout)).to.include({ token: '[redacted]', msg: 'Bearer [redacted]' });
    });
  }
});
