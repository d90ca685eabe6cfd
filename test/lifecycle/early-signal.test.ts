import { expect } from 'chai';
import { shareServices } from '../../testkit/service/shared-services.ts';

/** All at once, so that a process may well lose its processor between the line and what it does next. */
const SERVICES = 8;

describe('A service that gets SIGTERM as soon as it has said that it listens', () => {
  const services = shareServices();

  it(`drains and ends with 0 (${SERVICES} services)`, async () => {
    const ends = await Promise.all(
      Array.from({ length: SERVICES }, async () => {
        const service = await services.start();
        const exitCode = await service.end('SIGTERM');
        return { exitCode, signal: service.child.signalCode };
      }),
    );

    expect(ends).to.deep.equal(ends.map(() => ({ exitCode: 0, signal: null })));
  });
});
