import { expect } from 'chai';
import { Reason } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { generate, info, revoke, validate } from '../../testkit/clients/each-transport.ts';
import { failureOf } from '../../testkit/clients/rpc-client.ts';
import { connectNodeTransport, grpcJsTransport } from '../../testkit/clients/rpc-transports.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const CALLS = /^iterapay_keys_calls_total\{method="(\w+)",code="(\w+)"\} (\d+)$/gm;

/** The calls counted so far, without those that never happened. */
function readCounts(metrics: string): Record<string, number> {
  const counts = [...metrics.matchAll(CALLS)].map(([, method, code, count]) => [`${method} ${code}`, Number(count)]);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0)) as Record<string, number>;
}

describe('The admin port', () => {
  const services = shareServices();

  it('serves its three pages to GET and HEAD, and nothing else', async () => {
    const { adminUrl } = await services.start();
    const ask = (path: string, method = 'GET') => fetch(`${adminUrl}${path}`, { method });

    const pages = await Promise.all(['/healthz', '/readyz', '/metrics', '/metrics?x=1'].map((path) => ask(path)));
    const heads = await Promise.all(['/healthz', '/readyz', '/metrics'].map((path) => ask(path, 'HEAD')));
    const unknown = await Promise.all(
      ['/', '/nope', '/healthz/', '/key/info/m1', '/constructor'].map((path) => ask(path)),
    );
    const posted = await ask('/metrics', 'POST');

    expect(pages.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200]);
    expect(await pages[0]?.text()).to.equal('ok\n');
    expect(pages[2]?.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    expect(heads.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(unknown.map(({ status }) => status)).to.deep.equal([404, 404, 404, 404, 404]);
    expect([posted.status, posted.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
  });

  it('counts every call by method and code, whatever its transport, and shows no key and no token', async () => {
    const service = await services.start();
    const transports = [connectNodeTransport('Connect', 'JSON', '1.1'), grpcJsTransport('gRPC port')];
    const authorization = await bearer();
    const forbidden = await bearer({ merchant_id: 'm9' });
    const before = await (await fetch(`${service.adminUrl}/metrics`)).text();
    const keys: string[] = [];

    for (const transport of transports) {
      const client = transport.connect(service);
      const { key } = await client.call(generate, { merchantId: 'm1' }, { authorization });
      keys.push(key);
      const { reason } = await client.call(validate, { apiKey: key });
      expect(reason).to.equal(Reason.UNSPECIFIED);
      await client.call(validate, { apiKey: 'ipa_live_nothing' });
      await client.call(info, { merchantId: 'm1' }, { authorization });
      await failureOf(client.call(info, { merchantId: 'm1' }));
      await failureOf(client.call(info, { merchantId: 'm1' }, { authorization: forbidden }));
      await failureOf(client.call(info, { merchantId: 'unknown' }, { authorization }));
      await failureOf(client.call(generate, { merchantId: '-' }, { authorization }));
      await client.call(revoke, { merchantId: 'm1' }, { authorization });
      client.close();
    }
    const rest = await fetch(`${service.httpUrl}/key/revoke/m1`, { method: 'DELETE', headers: { authorization } });
    const after = await (await fetch(`${service.adminUrl}/metrics`)).text();

    expect(rest.status).to.equal(204);
    expect(readCounts(before)).to.deep.equal({});
    expect(readCounts(after)).to.deep.equal({
      'generate ok': 2,
      'generate invalid_request': 2,
      'info ok': 2,
      'info unauthenticated': 2,
      'info forbidden': 2,
      'info not_found': 2,
      'revoke ok': 3,
      'validate ok': 4,
    });
    for (const secret of [...keys, authorization.slice('Bearer '.length), 'ipa_live_', 'eyJ']) {
      expect(after).not.to.include(secret);
    }
  });
});
