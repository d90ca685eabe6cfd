import { expect } from 'chai';
import { HTTP_VERSIONS, sendHttp1 } from '../../testkit/clients/http-call.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';

const DEVELOPER_MODE = { JWT_HS256_SECRET: '', JWT_ISSUER: '', JWT_AUDIENCE: '', VALIDATE_AUTH: '' };
const LOOPBACK = [
  'localhost',
  'LOCALHOST',
  'localhost:8080',
  '127.0.0.1',
  '127.0.0.1:1',
  '127.1.2.3',
  '[::1]',
  '[::1]:80',
];
/** Names that a web page could have, and spellings that must not pass for loopback ones. */
const FOREIGN = [
  'attacker.test',
  'attacker.test:8080',
  'localhost.attacker.test',
  '127.0.0.1.attacker.test',
  'xlocalhost',
  '10.0.0.1',
  '[::2]',
  '0.0.0.0',
  '2130706433',
];

const call = (path: string, host: string) => ({ method: 'GET', path, headers: { host } });

async function statusesOf({ httpUrl, adminUrl }: ServiceProcess, host: string): Promise<number[]> {
  const ofHttp = await Promise.all(
    HTTP_VERSIONS.map(async ({ version, send }) => {
      const headers = version === 'HTTP/2' ? { ':authority': host } : { host };
      return (await send(httpUrl, { method: 'GET', path: '/key/validate', headers })).status;
    }),
  );
  return [...ofHttp, (await sendHttp1(adminUrl, call('/healthz', host))).status];
}

describe('The Host of a request', () => {
  const services = shareServices();

  it('must be a loopback name in developer mode, so that no web page can reach the service by its own name', async () => {
    const service = await services.start(DEVELOPER_MODE);

    const good = await Promise.all(LOOPBACK.map((host) => statusesOf(service, host)));
    const bad = await Promise.all(FOREIGN.map((host) => statusesOf(service, host)));
    const rpc = await sendHttp1(service.httpUrl, {
      method: 'POST',
      path: '/iterapay.keys.v1.KeyService/Validate',
      headers: { host: 'attacker.test', 'content-type': 'application/json' },
      body: '{}',
    });

    expect(good).to.deep.equal(LOOPBACK.map(() => [401, 401, 200]));
    expect(bad).to.deep.equal(FOREIGN.map(() => [403, 403, 403]));
    expect(rpc.status).to.equal(403);
  });

  it('may be any name where tokens come from outside', async () => {
    const service = await services.start();

    const statuses = await Promise.all(['keys.example', ...LOOPBACK].map((host) => statusesOf(service, host)));

    expect(statuses).to.deep.equal(statuses.map(() => [401, 401, 200]));
  });
});
