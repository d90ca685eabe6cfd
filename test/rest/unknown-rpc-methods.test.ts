import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { HTTP_VERSIONS, sendHttp2 } from '../../testkit/clients/http-call.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

const UNKNOWN_METHODS = ['Nope', 'generate', 'Generate/', 'Generate/x', ''] as const;

/** The envelopes of the gRPC protocols around an empty message. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const EMPTY_JSON = Buffer.from('\0\0\0\0\x02{}', 'latin1');
/** gRPC's and gRPC-Web's number for UNIMPLEMENTED. */
const UNIMPLEMENTED = '12';

describe('An unknown method of the RPC service', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const name of UNKNOWN_METHODS) {
    const path = `/iterapay.keys.v1.KeyService/${name}`;

    for (const { version, send } of HTTP_VERSIONS) {
      for (const contentType of ['application/json', 'application/proto']) {
        it(`is a Connect error: "${name}" as ${contentType} over ${version}`, async () => {
          const reply = await send(service.httpUrl, {
            method: 'POST',
            path,
            headers: { 'content-type': contentType, 'connect-protocol-version': '1' },
            body: contentType === 'application/json' ? '{}' : '',
          });

          expect(reply.status).to.equal(501);
          expect(reply.headers['content-type']).to.equal('application/json');
          expect(reply.headers['cache-control']).to.equal('no-store');
          expect(JSON.parse(reply.text)).to.include({ code: 'unimplemented' });
        });
      }

      for (const contentType of ['application/grpc-web', 'application/grpc-web+proto', 'application/grpc-web+json']) {
        it(`is a gRPC-Web status: "${name}" as ${contentType} over ${version}`, async () => {
          const reply = await send(service.httpUrl, {
            method: 'POST',
            path,
            headers: { 'content-type': contentType },
            body: contentType.endsWith('json') ? EMPTY_JSON : EMPTY_MESSAGE,
          });

          expect(reply.status).to.equal(200);
          expect(reply.headers['content-type']).to.match(/^application\/grpc-web\+(proto|json)$/);
          expect(reply.headers['cache-control']).to.equal('no-store');
          const trailers = `${reply.text}\r\n${JSON.stringify(reply.headers)}`;
          expect(trailers).to.match(/grpc-status"?:\s?"?12\b/);
        });
      }
    }

    it(`is a gRPC status: "${name}"`, async () => {
      const session = connect(service.httpUrl);
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };

      const stream = session.request(headers, { endStream: false });
      stream.end(EMPTY_MESSAGE);
      const status = await new Promise<Record<string, unknown>>((resolve, reject) => {
        let response: Record<string, unknown> = {};
        stream.on('error', reject);
        stream.on('response', (found) => {
          response = { ...found };
        });
        stream.on('trailers', (found) => {
          response = { ...response, ...found };
        });
        stream.on('end', () => resolve(response));
        stream.resume();
      });

      expect(status).to.include({
        ':status': 200,
        'content-type': 'application/grpc+proto',
        'cache-control': 'no-store',
        'grpc-status': UNIMPLEMENTED,
      });
      session.close();
      await once(session, 'close');
    });
  }

  it('is kept apart from a path that only begins like the service: a problem', async () => {
    for (const path of ['/iterapay.keys.v1.KeyService', '/iterapay.keys.v1.KeyServices/Info', '/x.Y/Info']) {
      const headers = { 'content-type': 'application/json' };

      const reply = await sendHttp2(service.httpUrl, { method: 'POST', path, headers, body: '{}' });

      expect(reply.status).to.equal(404);
      expect(reply.headers['content-type']).to.equal('application/problem+json');
    }
  });
});
