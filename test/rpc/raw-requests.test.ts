import { gzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { HTTP_VERSIONS } from '../../testkit/clients/http-call.ts';
import { generateKey, validateStatus } from '../../testkit/clients/merchant-keys.ts';
import { sendRawGrpc } from '../../testkit/clients/raw-grpc.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

const PATH = '/iterapay.keys.v1.KeyService';
const JSON_TYPE = { 'content-type': 'application/json' };
/** gRPC's numbers. */
const INVALID_ARGUMENT = '3';
const UNIMPLEMENTED = '12';
const INTERNAL = '13';
const UNAUTHENTICATED = '16';

/** `merchant_id = 1` or `api_key = 1`: a text of two bytes. */
const NOT_MESSAGES = {
  'a tag without its value': Uint8Array.of(0x0a),
  'a text shorter than announced': Uint8Array.of(0x0a, 0x05, 0x6d),
  'a field number 0': Uint8Array.of(0x02, 0x01, 0x6d),
  'a varint without an end': new Uint8Array(12).fill(0xff),
};

describe('Requests that no client would send', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const [what, message] of Object.entries(NOT_MESSAGES)) {
    for (const method of ['Generate', 'Info', 'Revoke', 'Validate']) {
      it(`${method} with ${what} is INVALID_ARGUMENT with ErrorInfo on the gRPC port`, async () => {
        const headers = { authorization: await bearer() };

        const reply = await sendRawGrpc(service.grpcUrl, { path: `${PATH}/${method}`, headers, message });

        const details = Buffer.from(String(reply['grpc-status-details-bin']), 'base64');
        const infos = fromBinary(StatusSchema, details).details.map((detail) => anyUnpack(detail, ErrorInfoSchema));
        expect(reply['grpc-status']).to.equal(INVALID_ARGUMENT);
        expect(infos.map((info) => [info?.reason, info?.domain])).to.deep.equal([
          ['INVALID_REQUEST', 'iterapay.keys.v1'],
        ]);
      });

      it(`${method} with ${what} is refused as gRPC and as Connect on the HTTP port`, async () => {
        const headers = { authorization: await bearer() };
        const path = `${PATH}/${method}`;

        const grpc = await sendRawGrpc(service.httpUrl, { path, headers, message });
        const connect = await Promise.all(
          HTTP_VERSIONS.map(({ send }) =>
            send(service.httpUrl, {
              method: 'POST',
              path,
              headers: { ...headers, 'content-type': 'application/proto' },
              body: Buffer.from(message),
            }),
          ),
        );

        // The gRPC documentation names INTERNAL for a request that the server cannot parse.
        expect(grpc['grpc-status']).to.be.oneOf([INVALID_ARGUMENT, INTERNAL]);
        for (const { text } of connect) {
          expect((JSON.parse(text) as { code: string }).code).to.be.oneOf(['invalid_argument', 'internal']);
        }
      });
    }
  }

  for (const [what, firstIsGood, secondIsGood] of [
    ['twice the same', true, true],
    ['first a good one', true, false],
    ['first a bad one', false, true],
  ] as const) {
    it(`a repeated authorization header, ${what}, is refused as Connect and as gRPC on both ports, and no key is made`, async () => {
      const key = await generateKey(service.httpUrl, 'm1');
      const good = await bearer();
      const headers = { authorization: [firstIsGood ? good : 'Bearer x', secondIsGood ? good : 'Bearer x'] };
      const path = `${PATH}/Generate`;
      const message = Buffer.from('\x0a\x02m1');

      const grpcReplies = await Promise.all(
        [service.httpUrl, service.grpcUrl].map((url) => sendRawGrpc(url, { path, headers, message })),
      );
      const replies = await Promise.all(
        HTTP_VERSIONS.map(({ send }) =>
          send(service.httpUrl, {
            method: 'POST',
            path,
            headers: { ...JSON_TYPE, ...headers },
            body: '{"merchantId":"m1"}',
          }),
        ),
      );

      for (const reply of grpcReplies) {
        expect(reply['grpc-status']).to.equal(UNAUTHENTICATED);
        const text = decodeURIComponent(String(reply['grpc-message']));
        expect(text).to.equal('The Authorization header is repeated; send it once.');
      }
      for (const { status, text } of replies) {
        expect(status).to.equal(401);
        expect(text).to.contain('repeated').and.not.contain(good);
      }
      expect(await validateStatus(service.httpUrl, key)).to.equal(200);
    });
  }

  for (const { version, send } of HTTP_VERSIONS) {
    it(`Connect takes a body that is compressed with gzip over ${version}`, async () => {
      const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
      const body = gzipSync('{"apiKey":"x"}');

      const reply = await send(service.httpUrl, { method: 'POST', path: `${PATH}/Validate`, headers, body });

      expect(reply.text).to.equal('{"valid":false,"merchantId":"","reason":"REASON_MALFORMED"}');
    });

    it(`Connect refuses another compression as unimplemented over ${version}`, async () => {
      const headers = { ...JSON_TYPE, 'content-encoding': 'snappy' };

      const reply = await send(service.httpUrl, { method: 'POST', path: `${PATH}/Validate`, headers, body: '{}' });

      expect((JSON.parse(reply.text) as { code: string }).code).to.equal('unimplemented');
    });
  }

  it('gRPC refuses another compression as UNIMPLEMENTED on the HTTP port', async () => {
    const headers = { 'grpc-encoding': 'snappy' };

    const reply = await sendRawGrpc(service.httpUrl, { path: `${PATH}/Validate`, headers });

    expect(reply['grpc-status']).to.equal(UNIMPLEMENTED);
  });
});
