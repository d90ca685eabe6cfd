import { expect } from 'chai';
import { generate } from '../../testkit/clients/each-transport.ts';
import { connectNodeTransport, grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

/** Above the time that a drain leaves to streams and to last answers, which must not be what a call lives on. */
const HELD_MS = 1_000;
const DRAIN_BEGINS_MS = 5_000;
const TRANSPORTS = [
  grpcJsTransport('gRPC port'),
  grpcJsTransport('HTTP port'),
  connectNodeTransport('Connect', 'JSON', '1.1'),
];

describe('A call that runs long after its service was asked to stop', () => {
  const services = shareServices();
  let jwks: HeldJwks;

  beforeEach(async () => {
    jwks = await startHeldJwks();
  });

  afterEach(() => jwks.close());

  for (const transport of TRANSPORTS) {
    it(`is answered (${transport.name})`, async () => {
      const service = await services.start(jwks.environment);
      const client = transport.connect(service);
      const call = client.call(generate, { merchantId: 'm1' }, { authorization: jwks.authorization });
      await jwks.asked();

      const exitCode = service.end('SIGTERM');
      await waitUntil('the drain begins', () => expect(logLines(service).at(-1)).to.include({ msg: 'draining' }), {
        timeoutMs: DRAIN_BEGINS_MS,
      });
      const drainingAtMs = performance.now();
      await waitUntil('the call is long', () => expect(performance.now() - drainingAtMs).to.be.above(HELD_MS), {
        timeoutMs: 2 * HELD_MS,
      });
      jwks.release();
      const { key } = await call;
      client.close();

      expect(key).to.match(/^ipa_live_/);
      expect(await exitCode).to.equal(0);
    });
  }
});
