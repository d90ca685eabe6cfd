import { connect, constants } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { startService } from '../../testkit/service/service-in-process.ts';

/** Turns of the event loop that pass between the end of the client and the end of the service. */
const TURNS = [0, 1, 2, 3, 4, 6, 8, 12];
/** Far below SHUTDOWN_TIMEOUT_MS: nothing runs that would have to be waited for. */
const SOON_MS = 2_000;

describe('A service whose client has just gone', () => {
  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    for (const turns of TURNS) {
      it(`stops at once ${turns} turns of the event loop after it (${port})`, async () => {
        const service = await startService();
        const session = connect(service[port]);
        await new Promise((resolve) => session.ping(resolve));
        session.destroy(undefined, constants.NGHTTP2_CANCEL);
        for (let turn = 0; turn < turns; turn++) await nextTurn();
        const startedAtMs = performance.now();

        await service.stop();

        expect(performance.now() - startedAtMs).to.be.lessThan(SOON_MS);
      }).timeout(SOON_MS);
    }
  }

  for (const port of ['HTTP port', 'gRPC port'] as const) {
    it(`stops at once after requests that were too large (${port})`, async () => {
      const service = await startService();
      const client = grpcJsTransport(port).connect(service);
      for (let call = 0; call < 5; call++) {
        const failure = await failureOf(client.call(validate, { apiKey: 'x'.repeat(300_000) }));
        expect(failure.status).to.equal('RESOURCE_EXHAUSTED');
      }
      client.close();
      const startedAtMs = performance.now();

      await service.stop();

      expect(performance.now() - startedAtMs).to.be.lessThan(SOON_MS);
    }).timeout(2 * SOON_MS);
  }
});
