import { connect } from 'node:net';
import { expect } from 'chai';
import { generate } from '../../testkit/clients/each-transport.ts';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { connectNodeTransport, grpcJsTransport, type RpcTransport } from '../../testkit/clients/rpc-transports.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { HEALTH, type OpenStream, watchHealth } from './grpc-streams.ts';

const DRAIN_BEGINS_MS = 2_000;
/** Longest time from the signal to the end of the process. */
const EXIT_MS = 10_000;

interface Transport {
  readonly name: string;
  makeKey(service: ServiceProcess, authorization: string): Promise<string>;
}

const REST: readonly Transport[] = HTTP_VERSIONS.map(({ version, send }) => ({
  name: `REST, ${version}`,
  async makeKey({ httpUrl }, authorization) {
    const reply = await send(httpUrl, { method: 'POST', path: '/key/generate/m1', headers: { authorization } });
    return (JSON.parse(reply.text) as { key: string }).key;
  },
}));

function overRpc(transport: RpcTransport): Transport {
  return {
    name: transport.name,
    async makeKey(service, authorization) {
      const client = transport.connect(service);
      try {
        return (await client.call(generate, { merchantId: 'm1' }, { authorization })).key;
      } finally {
        client.close();
      }
    },
  };
}

const TRANSPORTS = [
  ...REST.map((transport) => [transport, 'SIGTERM'] as const),
  [overRpc(connectNodeTransport('Connect', 'JSON', '1.1')), 'SIGINT'],
  [overRpc(grpcJsTransport('HTTP port')), 'SIGTERM'],
  [overRpc(grpcJsTransport('gRPC port')), 'SIGTERM'],
  [overRpc(grpcJsTransport('gRPC port')), 'SIGINT'],
] as const;

/** Throws where somebody still listens. */
function expectRefused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => resolve());
    socket.on('connect', () => {
      socket.destroy();
      reject(new Error(`${url} accepts connections`));
    });
  });
}

async function waitUntilReceived(stream: OpenStream, statuses: readonly string[]): Promise<void> {
  await waitUntil(
    'the health is reported',
    () => expect(stream.received.map((message) => message.toString('hex'))).to.deep.equal(statuses),
    { timeoutMs: DRAIN_BEGINS_MS },
  );
}

describe('A service that is stopped while calls run', () => {
  const services = shareServices();
  let jwks: HeldJwks;

  beforeEach(async () => {
    jwks = await startHeldJwks();
  });

  afterEach(() => jwks.close());

  for (const [transport, signal] of TRANSPORTS) {
    it(`finishes and answers a call, and accepts no others (${transport.name}, ${signal})`, async () => {
      const service = await services.start(jwks.environment);
      const call = transport.makeKey(service, jwks.authorization);
      await jwks.asked();

      const signalledAtMs = performance.now();
      const exitCode = service.end(signal);
      for (const url of [service.httpUrl, service.grpcUrl]) {
        await waitUntil(`${url} is closed`, () => expectRefused(url), { timeoutMs: DRAIN_BEGINS_MS });
      }
      jwks.release();

      expect(await call).to.match(/^ipa_live_/);
      expect(await exitCode).to.equal(0);
      expect(performance.now() - signalledAtMs).to.be.below(EXIT_MS);
      expect(logLines(service).map(({ msg }) => msg)).to.deep.equal(['listening', 'draining', 'stopped']);
    });
  }

  it('is no longer healthy as soon as the drain begins, and says so to those who watch', async () => {
    const service = await services.start(jwks.environment);
    const watches = ['', 'iterapay.keys.v1.KeyService'].map((name) => watchHealth(service.grpcUrl, name));
    const call = overRpc(grpcJsTransport('gRPC port')).makeKey(service, jwks.authorization);
    await Promise.all([jwks.asked(), ...watches.map((watch) => waitUntilReceived(watch, [HEALTH.serving]))]);

    const exitCode = service.end('SIGTERM');
    for (const watch of watches) await waitUntilReceived(watch, [HEALTH.serving, HEALTH.notServing]);
    jwks.release();

    expect(await call).to.match(/^ipa_live_/);
    expect(await exitCode).to.equal(0);
    for (const watch of watches) watch.close();
  });
});
