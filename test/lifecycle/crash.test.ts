import { once } from 'node:events';
import { expect } from 'chai';
import { logLines } from '../../testkit/service/log-lines.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';

const SECRET = 'correct-horse-battery-staple-and-more';

/** Runs in the service before its own code: the signal causes an uncaught error, as a driver's would look. */
const faultOnSignal = (raise: string) =>
  `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => {
    const error = Object.assign(new Error('of ' + process.env.JWT_HS256_SECRET), {
      command: { name: 'auth', args: [process.env.JWT_HS256_SECRET] } });
    ${raise}
  });`)}`;

describe('A service in which an error is not caught', () => {
  const services = shareServices();

  for (const [what, raise] of [
    ['an error', 'throw error;'],
    ['a rejection', 'Promise.reject(error);'],
  ] as const) {
    it(`logs ${what} without its secrets as the last line, and ends with exit code 1`, async () => {
      const service = await services.start({
        JWT_HS256_SECRET: SECRET,
        NODE_OPTIONS: `--import=${faultOnSignal(raise)}`,
      });
      const closed = once(service.child, 'close');
      service.child.kill('SIGUSR2');

      expect(await closed).to.deep.equal([1, null]);
      const { stdout, stderr } = service.output();
      expect(`${stdout}${stderr}`).not.to.include(SECRET);
      expect(stderr).to.equal('');
      const last = logLines(service).at(-1);
      expect(last).to.deep.include({ level: 'fatal', msg: 'the service failed: exiting at once' });
      expect(last?.['error']).to.have.all.keys('type', 'message', 'stack');
      expect(last?.['error']).to.include({ message: 'of [redacted]' });
    });
  }
});
