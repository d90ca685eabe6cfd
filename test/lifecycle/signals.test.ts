import { once } from 'node:events';
import { expect } from 'chai';
import { generateKey, readInfo, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

/** Signals closer together are taken for one Ctrl-C. */
const TWO_SIGNALS_MS = 300;
const DRAIN_BEGINS_MS = 2_000;
const AT_ONCE_MS = 3_000;

async function waitUntilDraining(service: ServiceProcess): Promise<void> {
  await waitUntil('the drain begins', () => expect(logLines(service).map(({ msg }) => msg)).to.include('draining'), {
    timeoutMs: DRAIN_BEGINS_MS,
  });
}

describe('A service that drains', () => {
  const services = shareServices();
  let jwks: HeldJwks;
  let service: ServiceProcess;
  /** Ends when its answer came, or the connection was lost. */
  let call: Promise<number | 'lost'>;

  beforeEach(async () => {
    jwks = await startHeldJwks();
    service = await services.start({ ...jwks.environment, SHUTDOWN_TIMEOUT_MS: '60000' });
    const headers = { authorization: jwks.authorization };
    call = fetch(`${service.httpUrl}/key/generate/m1`, { method: 'POST', headers }).then(
      ({ status }) => status,
      () => 'lost',
    );
    await jwks.asked();
  });

  afterEach(() => jwks.close());

  for (const [first, second] of [
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
  ] as const) {
    it(`ends at once with exit code 1 at a second signal (${first}, then ${second})`, async () => {
      service.child.kill(first);
      await waitUntilDraining(service);
      const drainingAtMs = performance.now();
      await waitUntil(
        'the next signal is a second one',
        () => expect(since(drainingAtMs)).to.be.above(TWO_SIGNALS_MS),
        {
          timeoutMs: 2 * TWO_SIGNALS_MS,
        },
      );

      const signalledAtMs = performance.now();
      const exitCode = await service.end(second);

      expect(exitCode).to.equal(1);
      expect(since(signalledAtMs)).to.be.below(AT_ONCE_MS);
      expect(await call).to.equal('lost');
    });
  }

  it('takes the two signals of one Ctrl-C for one, and answers what runs', async () => {
    const exited = once(service.child, 'exit');
    service.child.kill('SIGINT');
    service.child.kill('SIGTERM');
    await waitUntilDraining(service);

    jwks.release();

    expect(await call).to.equal(200);
    expect(await exited).to.deep.equal([0, null]);
  });
});

describe('A service that has been stopped', () => {
  const services = shareServices();

  it('has stored the last use, however short before the signal it was', async () => {
    const first = await services.start();
    const key = await generateKey(first.httpUrl, 'm1');
    const beforeMs = Date.now();
    expect(await validateStatus(first.httpUrl, key)).to.equal(200);

    const exitCode = await first.end('SIGTERM');
    const stoppedAtMs = Date.now();
    const second = await services.start();
    const { lastUsedAt } = await readInfo(second.httpUrl, 'm1');

    expect(exitCode).to.equal(0);
    expect(Date.parse(lastUsedAt ?? 'never')).to.be.within(beforeMs, stoppedAtMs);
  });
});

function since(startedAtMs: number): number {
  return performance.now() - startedAtMs;
}
