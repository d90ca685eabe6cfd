import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { generate, info, revoke, validate } from '../../testkit/clients/each-transport.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { exchangeRaw } from '../../testkit/clients/raw-http.ts';
import { RPC_DOORS } from '../../testkit/clients/rpc-transports.ts';
import { type HeldJwks, startHeldJwks } from '../../testkit/servers/held-jwks.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { bearer, JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';

/** As many ways as a secret can get to the service, where it does not belong too. */
async function misuse({ httpUrl }: ServiceProcess, authorization: string, key: string): Promise<void> {
  const token = authorization.slice('Bearer '.length);
  const requests: readonly (readonly [string, RequestInit])[] = [
    [`/key/validate/m9`, { headers: { 'x-api-key': key } }],
    [`/key/validate?key=${key}`, {}],
    [`/key/info/${key}`, { headers: { authorization } }],
    [`/key/info/${token}`, { headers: { authorization } }],
    [`/${key}/${token}`, { headers: { authorization: key } }],
    [`/key/info/m1`, { headers: { authorization: `Bearer ${key}` } }],
    [`/key/generate/m1`, { method: 'POST', headers: { authorization: `Bearer ${token}x` } }],
    [`/key/generate/${key}`, { method: 'PUT', headers: { authorization }, body: key }],
    ['/iterapay.keys.v1.KeyService/Validate', { method: 'POST', body: `{"apiKey":"${key}"` }],
    [`/iterapay.keys.v1.KeyService/${key}`, { method: 'POST', headers: { authorization }, body: token }],
  ];
  for (const [path, init] of requests) {
    const response = await fetch(`${httpUrl}${path}`, init);
    await response.arrayBuffer();
  }
  const port = Number(new URL(httpUrl).port);
  await exchangeRaw(port, `GET /${key} HTTP/1.1\r\nHost: h\r\n${token}\r\n\r\n`);
  await exchangeRaw(port, `${key} ${token}\r\n\r\n`);
}

function expectNoSecret(service: ServiceProcess, secrets: readonly string[]): void {
  const { stdout, stderr } = service.output();
  for (const secret of secrets) expect(`${stdout}${stderr}`).not.to.include(secret);
  // A key's first three secret characters may be shown (Info does), a fourth may not; nor may any token's middle.
  expect(`${stdout}${stderr}`).not.to.match(/ipa_live_[0-9A-Za-z]{4}|eyJ[\w-]+\.eyJ/);
}

describe('The log', () => {
  const services = shareServices();
  let jwks: HeldJwks;
  let failing: Server;

  before(async () => {
    jwks = await startHeldJwks();
    failing = createServer((_request, response) => response.writeHead(500).end('no keys')).listen(0, '127.0.0.1');
    await once(failing, 'listening');
  });

  after(() => {
    jwks.close();
    failing.close();
    failing.closeAllConnections();
  });

  it('has no key, no token and no secret after good and bad calls on every transport', async () => {
    const service = await services.start({ LOG_LEVEL: 'trace' });
    const authorization = await bearer();
    const keys = [await generateKey(service.httpUrl, 'm1')];

    for (const transport of RPC_DOORS) {
      const client = transport.connect(service);
      const { key } = await client.call(generate, { merchantId: 'm1' }, { authorization });
      keys.push(key);
      await client.call(validate, { apiKey: key });
      await client.call(validate, { apiKey: `${key}x` });
      for (const method of [info, revoke]) {
        const failure = await client
          .call(method as typeof info, { merchantId: key }, { authorization: key })
          .catch(() => 'failed');
        expect(failure).to.equal('failed');
      }
      await client.call(revoke, { merchantId: 'm1' }, { authorization });
      client.close();
    }
    await misuse(service, authorization, keys[0] ?? '');
    expect(await service.end('SIGTERM')).to.equal(0);

    expectNoSecret(service, [...keys, authorization.slice('Bearer '.length), JWT_ENVIRONMENT.JWT_HS256_SECRET]);
  });

  it('has no key and no token where a fault of the service, or of a gateway, is logged', async () => {
    const service = await services.start({
      ...jwks.environment,
      JWT_JWKS_URL: `http://127.0.0.1:${(failing.address() as AddressInfo).port}/jwks`,
      LOG_LEVEL: 'trace',
    });
    const key = `ipa_live_${'a'.repeat(49)}`;
    const headers = { authorization: jwks.authorization, 'x-api-key': key };

    const unavailable = await fetch(`${service.httpUrl}/key/generate/m1`, { method: 'POST', headers });
    const gateway = await fetch(`${service.httpUrl}/key/validate`, { headers });
    const withoutToken = await validateStatus(service.httpUrl, key);
    const misplaced = await fetch(`${service.httpUrl}/key/validate`, {
      headers: { ...headers, authorization: `Bearer ${key}` },
    });
    await misuse(service, jwks.authorization, key);
    expect(await service.end('SIGTERM')).to.equal(0);

    expect([unavailable.status, gateway.status, withoutToken, misplaced.status]).to.deep.equal([503, 503, 401, 401]);
    expect(logLines(service).map(({ msg }) => msg)).to.include.members([
      'a call failed',
      'a gateway was refused: check its token',
    ]);
    expectNoSecret(service, [key, jwks.authorization.slice('Bearer '.length)]);
  });
});
