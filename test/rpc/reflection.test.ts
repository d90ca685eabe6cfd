import { type DescService, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { expect } from 'chai';
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionV1Alpha } from '../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

const SERVICE = 'iterapay.keys.v1.KeyService';

/** v1alpha has the same messages under another name. */
const VERSIONS = { v1: ServerReflection, v1alpha: ServerReflectionV1Alpha as DescService as typeof ServerReflection };

describe('Reflection', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.stop());

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    for (const [version, descriptor] of Object.entries(VERSIONS)) {
      describe(`${version} on ${port}`, () => {
        let session: Http2SessionManager;

        before(() => {
          session = new Http2SessionManager(service[port]);
        });

        after(() => session.abort());

        type Question =
          Parameters<ReturnType<typeof connect>['serverReflectionInfo']>[0] extends AsyncIterable<infer Q> ? Q : never;

        function connect() {
          return createClient(descriptor, createGrpcTransport({ baseUrl: service[port], sessionManager: session }));
        }

        /** The answers to several questions in one stream. */
        async function ask(...questions: Question['messageRequest'][]) {
          async function* requests(): AsyncIterable<Question> {
            for (const messageRequest of questions) yield { messageRequest } as Question;
          }
          const answers = [];
          for await (const { messageResponse } of connect().serverReflectionInfo(requests()))
            answers.push(messageResponse);
          return answers;
        }

        it('lists the service', async () => {
          const [answer] = await ask({ case: 'listServices', value: '' });

          expect(answer?.case).to.equal('listServicesResponse');
          const names = answer?.case === 'listServicesResponse' ? answer.value.service.map(({ name }) => name) : [];
          expect(names).to.include(SERVICE);
        });

        async function askForFiles(question: Question['messageRequest']) {
          const [answer] = await ask(question);
          const bytes = answer?.case === 'fileDescriptorResponse' ? answer.value.fileDescriptorProto : [];
          return bytes.map((file) => fromBinary(FileDescriptorProtoSchema, file));
        }

        it('serves the contract with everything that it depends on', async () => {
          const files = await askForFiles({ case: 'fileContainingSymbol', value: `${SERVICE}.Validate` });

          const known = new Map(files.map((file) => [file.name, file]));
          for (const { dependency } of known.values()) {
            for (const value of dependency.filter((name) => !known.has(name))) {
              for (const file of await askForFiles({ case: 'fileByFilename', value })) known.set(file.name, file);
            }
          }
          expect([...known.keys()]).to.have.members([
            'iterapay/keys/v1/keys.proto',
            'google/api/annotations.proto',
            'google/api/http.proto',
            'google/protobuf/descriptor.proto',
            'google/protobuf/timestamp.proto',
          ]);
          const [{ method: methods } = { method: [] }] = known.get('iterapay/keys/v1/keys.proto')?.service ?? [];
          expect(methods.map(({ name }) => name)).to.deep.equal(['Generate', 'Info', 'Revoke', 'Validate']);
        });

        it('answers what it does not know with an error in its stream, and goes on', async () => {
          const answers = await ask(
            { case: 'fileContainingSymbol', value: 'nope.Nope' },
            { case: 'fileByFilename', value: 'nope.proto' },
            { case: 'listServices', value: '' },
          );

          expect(answers.map((answer) => answer?.case)).to.deep.equal([
            'errorResponse',
            'errorResponse',
            'listServicesResponse',
          ]);
        });
      });
    }
  }
});
