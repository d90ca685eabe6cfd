import { expect } from 'chai';
import { generate } from '../support/each-door.ts';
import { type HeldJwks, startHeldJwks } from '../support/held-jwks.ts';
import { connectNodeDoor, grpcJsDoor } from '../support/rpc-doors.ts';
import { waitUntil } from '../support/servers/wait-until.ts';
import { logLines, useServices } from './running-services.ts';

/** Above the time that a drain leaves to streams and to last answers, which must not be what a call lives on. */
const HELD_MS = 1_000;
const DRAIN_BEGINS_MS = 5_000;
const DOORS = [grpcJsDoor('gRPC port'), grpcJsDoor('HTTP port'), connectNodeDoor('Connect', 'JSON', '1.1')];

describe('A call that runs long after its service was told to stop', () => {
  const services = useServices();
  let jwks: HeldJwks;

  beforeEach(async () => {
    jwks = await startHeldJwks();
  });

  afterEach(() => jwks.close());

  for (const door of DOORS) {
    it(`is answered (${door.name})`, async () => {
      const service = await services.start(jwks.environment);
      const client = door.connect(service);
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
