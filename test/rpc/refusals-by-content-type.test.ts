import { expect } from 'chai';
import { HTTP_VERSIONS, sendHttp2 } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { envelope, sendRawGrpc } from '../../testkit/clients/raw-grpc.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const PATH = '/iterapay.keys.v1.KeyService';
/** `merchant_id = 1`: "m1". */
const M1 = Buffer.from('\x0a\x02m1');

describe('What is none of the protocols of a port', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const contentType of ['application/json', 'application/proto', 'application/connect+proto', 'text/plain']) {
    it(`the gRPC port refuses ${contentType} with 415`, async () => {
      const call = { method: 'POST', path: `${PATH}/Validate`, headers: { 'content-type': contentType }, body: '{}' };

      const { status } = await sendHttp2(service.grpcUrl, call);

      expect(status).to.equal(415);
    });
  }

  for (const { version, send } of HTTP_VERSIONS) {
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      it(`the HTTP port refuses ${contentType} with 415, and no key is made (${version})`, async () => {
        const key = await generateKey(service.httpUrl, 'm1');
        const headers = { 'content-type': contentType, authorization: await bearer() };
        const body = '{"merchantId":"m1"}';

        const { status } = await send(service.httpUrl, { method: 'POST', path: `${PATH}/Generate`, headers, body });

        expect(status).to.equal(415);
        expect(await validateStatus(service.httpUrl, key)).to.equal(200);
      });
    }

    it(`a repeated authorization header is refused as gRPC-Web, and no key is made (${version})`, async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const good = await bearer();
      const headers = { 'content-type': 'application/grpc-web', authorization: [good, good] };
      const call = { method: 'POST', path: `${PATH}/Generate`, headers, body: envelope(M1) };

      const { headers: replied, text } = await send(service.httpUrl, call);

      expect(`${text}${JSON.stringify(replied)}`).to.match(/grpc-status"?: ?"?16\b/);
      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    });
  }

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    for (const method of ['Generate', 'Validate']) {
      it(`${method} without a message is no call, and the service goes on (${port})`, async () => {
        const headers = { 'content-type': 'application/grpc', te: 'trailers', authorization: await bearer() };
        const path = `${PATH}/${method}`;

        const empty = await sendHttp2(service[port], { method: 'POST', path, headers, body: '' });
        const next = await sendRawGrpc(service[port], {
          path,
          headers: { authorization: headers.authorization },
          message: M1,
        });

        expect(empty.headers['grpc-status'] ?? 'in trailers').not.to.equal('0');
        expect(next['grpc-status']).to.equal('0');
      });
    }
  }
});
