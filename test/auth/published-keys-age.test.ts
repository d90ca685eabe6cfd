import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { signedToken } from './compact-token.ts';
import { createLoginKey, type JwksServer, type LoginKey, startJwksServer } from './jwks-server.ts';

/** Short enough to be waited for; what follows from it is the same as with the default. */
const MAX_AGE_MS = 1_000;
/** Documented: a key that was taken out is gone after three times the age. Generous, for a busy machine. */
const PATIENCE = { timeoutMs: 15_000 };
const FAILED = 'the key set could not be fetched: the last one stays in use for a while';
const FETCHED_AGAIN = 'the key set is fetched again';

describe('Published keys of a running service', () => {
  const services = shareServices();
  const key = createLoginKey({ kid: 'k1' });
  let jwks: JwksServer;

  beforeEach(async () => {
    jwks = await startJwksServer();
    jwks.publish(key);
  });

  afterEach(() => jwks.close());

  function start(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    return services.start({ ...jwks.environment, JWT_JWKS_MAX_AGE_MS: `${MAX_AGE_MS}`, ...environment });
  }

  /** 404 (there is no API key) for a token that is accepted. */
  async function statusWith({ httpUrl }: ServiceProcess, token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await sendHttp1(httpUrl, { method: 'GET', path: '/key/info/m1', headers })).status;
  }

  /** A token that no other was before, so that the keys are needed. */
  function newToken({ privateKey, jwk }: LoginKey = key): string {
    return signedToken('ES256', privateKey, { jti: `${Math.random()}` }, { kid: jwk['kid'] });
  }

  function messages(service: ServiceProcess): readonly unknown[] {
    return logLines(service).map(({ msg }) => msg);
  }

  async function metric({ adminUrl }: ServiceProcess, name: string): Promise<number> {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  it('are refused soon after they were taken out, also with a token that was accepted before', async () => {
    const service = await start();
    const token = newToken();
    const before = await statusWith(service, token);
    jwks.publish(createLoginKey({ kid: 'k2' }));

    const after = await waitUntil(
      'a refusal',
      async () => {
        const statuses = [await statusWith(service, token), await statusWith(service, newToken())];
        expect(statuses).to.deep.equal([401, 401]);
        return statuses;
      },
      PATIENCE,
    );

    expect([before, ...after]).to.deep.equal([404, 401, 401]);
  });

  it('go on while nothing listens at the URL, which is logged once and counted, as is the end of it', async () => {
    const service = await start();
    expect(await statusWith(service, newToken())).to.equal(404);
    await jwks.close();

    await waitUntil(
      'several failures',
      async () => {
        expect(await statusWith(service, newToken())).to.equal(404);
        expect(await metric(service, 'iterapay_keys_key_set_failures_total')).to.be.at.least(2);
      },
      PATIENCE,
    );
    const during = messages(service);
    jwks = await startJwksServer(jwks.port);
    jwks.publish(key);
    await waitUntil(
      'a download',
      async () => {
        expect(await statusWith(service, newToken())).to.equal(404);
        expect(messages(service)).to.include(FETCHED_AGAIN);
      },
      PATIENCE,
    );

    expect(during.filter((message) => message === FAILED)).to.have.length(1);
    const changes = messages(service).filter((message) => message === FAILED || message === FETCHED_AGAIN);
    expect(changes).to.deep.equal([FAILED, FETCHED_AGAIN]);
  });

  it('end a bounded time after their URL went away, with 503, and come back with it', async () => {
    const service = await start({ JWT_JWKS_STALE_MS: '500' });
    expect(await statusWith(service, newToken())).to.equal(404);
    await jwks.close();

    const unavailable = await waitUntil(
      'the end',
      async () => {
        const status = await statusWith(service, newToken());
        expect(status).to.equal(503);
        return status;
      },
      PATIENCE,
    );
    jwks = await startJwksServer(jwks.port);
    jwks.publish(key);
    await waitUntil('the return', async () => expect(await statusWith(service, newToken())).to.equal(404), PATIENCE);

    expect(unavailable).to.equal(503);
  });

  it('are not replaced by an answer that is no good, nor by one that drips', async () => {
    const service = await start({ JWT_JWKS_MAX_BYTES: '2048', JWT_JWKS_TIMEOUT_MS: '200' });
    const other = createLoginKey({ kid: 'k2' });
    expect(await statusWith(service, newToken())).to.equal(404);
    const large = JSON.stringify({ keys: [other.jwk], padding: 'x'.repeat(4_096) });

    for (const answer of [large, '{"keys":[]}']) {
      const failures = await metric(service, 'iterapay_keys_key_set_failures_total');
      jwks.answer((response) => response.end(answer));
      await waitUntil(
        'a failure',
        async () => {
          expect(await statusWith(service, newToken())).to.equal(404);
          expect(await metric(service, 'iterapay_keys_key_set_failures_total')).to.be.above(failures);
        },
        PATIENCE,
      );
    }

    const failures = await metric(service, 'iterapay_keys_key_set_failures_total');
    jwks.answer((response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    await waitUntil(
      'the end of the drip',
      async () => {
        expect(await statusWith(service, newToken())).to.equal(404);
        expect(await metric(service, 'iterapay_keys_key_set_failures_total')).to.be.above(failures);
      },
      PATIENCE,
    );
  });

  it('are not asked for at another URL: a redirect is not followed', async () => {
    let asked = 0;
    const elsewhere = createServer((_request, response) => {
      asked++;
      response.end(JSON.stringify({ keys: [key.jwk] }));
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    jwks.answer((response) => response.writeHead(302, { location }).end());
    const service = await start();

    const status = await statusWith(service, newToken());
    elsewhere.close();
    elsewhere.closeAllConnections();

    expect({ status, asked }).to.deep.equal({ status: 503, asked: 0 });
  });

  it('are asked for once in a while only, while they cannot be fetched and none is known', async () => {
    await jwks.close();
    jwks = await startJwksServer(jwks.port);
    jwks.answer((response) => response.writeHead(500).end());
    const service = await start();
    const startedMs = performance.now();

    for (let call = 0; call < 100; call++) expect(await statusWith(service, newToken())).to.equal(503);

    expect(jwks.downloads()).to.be.within(1, 2 + (performance.now() - startedMs) / 1_000);
  });
});
