import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { logLines } from '../../testkit/service/log-lines.ts';
import { runNode } from '../../testkit/service/run-node.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { expectAlive, readRefused, readUsage, waitUntilAllClosed } from '../../testkit/service/usage.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const MAX = 10;
const EXCESS = 15;
const WAIT = { timeoutMs: 10_000 };

async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').resume();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('MAX_CONNECTIONS', () => {
  const services = shareServices();

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    it(`bounds the connections of a port; the excess is refused at once and counted (${port})`, async () => {
      const service = await services.start({ MAX_CONNECTIONS: String(MAX) });

      const held = await Promise.all(Array.from({ length: MAX }, () => open(service[port])));
      await waitUntil('they are open', async () => expect((await readUsage(service)).connections).to.equal(MAX), WAIT);
      const excess = await Promise.all(Array.from({ length: EXCESS }, () => open(service[port])));
      await Promise.all(excess.map((socket) => socket.closed || once(socket, 'close')));
      const refused = await readRefused(service);
      const open1 = (await readUsage(service)).connections;
      for (const socket of held) socket.destroy();
      await waitUntilAllClosed(service, WAIT.timeoutMs);

      expect([refused, open1]).to.deep.equal([EXCESS, MAX]);
      await expectAlive(service);
    });
  }

  it('leaves the other port and the admin port alone', async () => {
    const service = await services.start({ MAX_CONNECTIONS: String(MAX) });

    const held = await Promise.all(Array.from({ length: 2 * MAX }, () => open(service.grpcUrl)));

    await expectAlive(service);
    for (const socket of held) socket.destroy();
  });

  it('stops the start where the limit of open files leaves less', async () => {
    const { exitCode, stderr } = await runNode(['src/main.ts'], { ...JWT_ENVIRONMENT, MAX_CONNECTIONS: '1000000' });

    expect(stderr).to.match(/^MAX_CONNECTIONS: the limit of open files \(ulimit -n\) leaves \d+ to each port\.\n$/);
    expect(exitCode).to.equal(1);
  });

  it('is not what a client meets that comes and goes', async () => {
    const service = await services.start({ MAX_CONNECTIONS: String(MAX) });

    for (let i = 0; i < 5 * MAX; i++) (await open(service.httpUrl)).destroy();
    await waitUntilAllClosed(service, WAIT.timeoutMs);

    expect(await readRefused(service)).to.equal(0);
    expect(logLines(service).map(({ msg }) => msg)).to.deep.equal(['listening']);
  });
});
