import { expect } from 'chai';
import { withDatabase } from '../../testkit/servers/plain-servers.ts';

describe('The URL of a test’s own database', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['mongodb://h', 'mongodb://h/own'],
    ['mongodb://h:1,i:2/', 'mongodb://h:1,i:2/own'],
    ['mongodb://h/old', 'mongodb://h/own'],
    ['mongodb://h/?replicaSet=r', 'mongodb://h/own?replicaSet=r'],
    ['mongodb://u:p%40@h/old?tls=true', 'mongodb://u:p%40@h/own?tls=true&authSource=old'],
    ['mongodb://u:p@h/old?authSource=admin', 'mongodb://u:p@h/own?authSource=admin'],
    ['mongodb+srv://u:p@h', 'mongodb+srv://u:p@h/own'],
  ];
  for (const [url, expected] of cases) {
    it(`is ${expected} for ${url}`, () => {
      expect(withDatabase(url, 'own')).to.equal(expected);
    });
  }
});
