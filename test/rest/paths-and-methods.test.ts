import { connect } from 'node:http2';
import { text as readText } from 'node:stream/consumers';
import { expect } from 'chai';
import { expectProblem, expectProblemHeaders } from '../../testkit/clients/expect-problem.ts';
import { HTTP_VERSIONS, sendOnSession } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { exchangeRaw } from '../../testkit/clients/raw-http.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

/** Paths that look like documented ones and are none. */
const UNKNOWN = [
  '/',
  '/key',
  '/key/',
  '/key/generate',
  '/key/info',
  '/key/revoke',
  '/key/info/m1/',
  '/key/info//m1',
  '/key//info/m1',
  '//key/info/m1',
  '/key/info/m1/x',
  '/key/info/../info/m1',
  '/Key/info/m1',
  '/key/INFO/m1',
  '/key%2Finfo/m1',
  '/key/info%2Fm1',
  '/v1/key/info/m1',
  '/key/validate/m1/',
  '/key/info:m1',
  '/iterapay.keys.v1.KeyService',
  '/iterapay.keys.v1.keyservice/Info',
  '/metrics',
  '/healthz',
] as const;

/** A path that ends where its merchant id should begin: a trailing slash is another path than the one without. */
const ENDING_EARLY = ['/key/generate/', '/key/info/', '/key/revoke/', '/key/validate/'] as const;

/** The methods that each path takes, as `Allow` lists them. */
const ALLOWED = [
  ['/key/generate/m1', 'POST'],
  ['/key/info/m1', 'GET, HEAD'],
  ['/key/revoke/m1', 'DELETE'],
  ['/key/validate', 'GET, HEAD'],
  ['/key/validate/m1', 'GET, HEAD'],
] as const;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'] as const;

for (const { version, send } of HTTP_VERSIONS) {
  describe(`Paths and methods over ${version}`, () => {
    let service: TestService;
    let authorization: string;
    let key: string;

    before(async () => {
      service = await startService();
      authorization = await bearer();
      key = await generateKey(service.httpUrl, 'm1');
    });

    after(() => service.stop());

    for (const path of [...UNKNOWN, ...ENDING_EARLY]) {
      it(`that are not documented are not found: ${path}`, async () => {
        const headers = { authorization, 'x-api-key': key };

        const replies = await Promise.all(
          ['GET', 'POST', 'DELETE', 'OPTIONS'].map((method) => send(service.httpUrl, { method, path, headers })),
        );

        for (const reply of replies) expectProblem(reply, { status: 404, code: 'not_found', instance: path });
      });
    }

    for (const [path, allow] of ALLOWED) {
      it(`that do not fit are refused with Allow: ${path} takes ${allow}`, async () => {
        const others = METHODS.filter((method) => !allow.split(', ').includes(method));

        const replies = await Promise.all(
          others.map((method) => send(service.httpUrl, { method, path, headers: { authorization, 'x-api-key': key } })),
        );

        for (const reply of replies) {
          expectProblem(reply, { status: 405, code: 'invalid_request', instance: path });
          expect(reply.headers['allow']).to.equal(allow);
        }
        expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      });
    }

    it('answer HEAD with the headers of an error, and without its body', async () => {
      const paths = ['/nope', '/key/generate/m1', '/key/info/-', '/key/info/never', '/key/validate'];

      for (const path of paths) {
        const reply = await send(service.httpUrl, { method: 'HEAD', path, headers: { authorization } });

        expect(reply.status).to.be.within(400, 405);
        expect(reply.text).to.equal('');
        expect(Number(reply.headers['content-length'])).to.be.greaterThan(100);
        expectProblemHeaders(reply);
      }
    });

    it('name no path but the one that was asked for, without its query', async () => {
      const reply = await send(service.httpUrl, { method: 'GET', path: '/nope/a%20b?token=secret&x=/y' });

      expectProblem(reply, { status: 404, code: 'not_found', instance: '/nope/a%20b' });
    });

    it('know no path of the whole server: OPTIONS *', async () => {
      const reply = await send(service.httpUrl, { method: 'OPTIONS', path: '*' });

      expectProblem(reply, { status: 404, code: 'not_found', instance: '*' });
    });
  });
}

describe('Methods of HTTP/2', () => {
  it('are refused whatever their name is', async () => {
    const service = await startService();
    const session = connect(service.httpUrl);
    const methods = ['constructor', '__proto__', 'toString', 'get', 'FOO', `M${'x'.repeat(200)}`];

    const replies = await Promise.all(
      methods.map((method) => sendOnSession(session, { method, path: '/key/info/m1' })),
    );

    for (const reply of replies) {
      expectProblem(reply, { status: 405, code: 'invalid_request', instance: '/key/info/m1' });
      expect(reply.headers['allow']).to.equal('GET, HEAD');
    }
    session.destroy();
    await service.stop();
  });
});

describe('CONNECT, which asks for a tunnel and has no path', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  it('is a problem over HTTP/1.1', async () => {
    const [reply] = await exchangeRaw(service.httpPort, 'CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n');

    expectProblem(reply ?? { status: 0, headers: {}, text: 'no reply' }, {
      status: 405,
      code: 'invalid_request',
      instance: undefined,
    });
  });

  it('is a problem over HTTP/2', async () => {
    const session = connect(service.httpUrl);
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'h:80' });

    const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve));
    const text = await readText(stream.setEncoding('utf8'));
    session.destroy();

    expect(headers).to.include({ ':status': 405, 'content-type': 'application/problem+json' });
    expect(headers['cache-control']).to.equal('no-store');
    expect(JSON.parse(text)).to.include({ status: 405, code: 'invalid_request' });
  });
});
