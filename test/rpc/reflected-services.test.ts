import { once } from 'node:events';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { bufCurl } from '../../testkit/clients/buf-curl.ts';
import { askReflection, listServices } from '../../testkit/clients/reflection-client.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';

const KEY_SERVICE = 'iterapay.keys.v1.KeyService';
const HEALTH = 'grpc.health.v1.Health';

function fileNames(files: readonly Uint8Array[]): string[] {
  return files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

describe('The services that reflection lists', () => {
  const directory = createTemporaryDirectory();
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(async () => {
    await service.stop();
    directory.remove();
  });

  async function call(url: string, data: object): Promise<unknown> {
    const { exitCode, stdout, stderr } = await bufCurl(
      directory.path,
      ...['--protocol', 'grpc', '--emit-defaults', '--data', JSON.stringify(data), url],
    );
    expect(exitCode, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  it('are those that the port serves: the health service on the gRPC port alone', async () => {
    const listed = { grpc: await listServices(service.grpcUrl), http: await listServices(service.httpUrl) };

    expect(listed).to.deep.equal({ grpc: [KEY_SERVICE, HEALTH], http: [KEY_SERVICE] });
  });

  it('can be called by a client without a schema: Check and List of the health service', async () => {
    const checked = await call(`${service.grpcUrl}/${HEALTH}/Check`, { service: KEY_SERVICE });
    const listed = await call(`${service.grpcUrl}/${HEALTH}/List`, {});

    expect(checked).to.deep.equal({ status: 'SERVING' });
    expect(listed).to.deep.equal({ statuses: { '': { status: 'SERVING' }, [KEY_SERVICE]: { status: 'SERVING' } } });
  });

  for (const port of ['httpUrl', 'grpcUrl'] as const) {
    it(`show the extensions that their files declare (${port})`, async () => {
      const ofMethods = { case: 'allExtensionNumbersOfType', value: 'google.protobuf.MethodOptions' } as const;
      const ofRequests = { case: 'allExtensionNumbersOfType', value: `${KEY_SERVICE}.Nothing` } as const;
      const http = { containingType: 'google.protobuf.MethodOptions', extensionNumber: 72295728 };
      const file = { case: 'fileContainingExtension', value: http } as const;
      const unknown = { case: 'fileContainingExtension', value: { ...http, extensionNumber: 1 } } as const;

      const responses = await askReflection(service[port], ofMethods, ofRequests, file, unknown);

      const [numbers, none, files, noFile] = responses.map(({ messageResponse }) => messageResponse);
      expect(numbers?.value).to.deep.include({ baseTypeName: ofMethods.value, extensionNumber: [72295728] });
      expect(none?.value).to.include({ errorCode: 5 });
      expect(noFile?.value).to.include({ errorCode: 5 });
      expect(files?.case === 'fileDescriptorResponse' && fileNames(files.value.fileDescriptorProto)).to.have.members([
        'google/api/annotations.proto',
        'google/api/http.proto',
        'google/protobuf/descriptor.proto',
      ]);
    });

    it(`come with the question and the host that it was for (${port})`, async () => {
      const question = { case: 'fileByFilename', value: 'nope.proto' } as const;

      const [response] = await askReflection(service[port], question);

      expect(response?.validHost).to.equal('a host');
      expect(response?.originalRequest?.messageRequest).to.deep.equal(question);
    });
  }

  it('are not given for what is no request: its stream ends with INVALID_ARGUMENT on the gRPC port', async () => {
    const client = new Client(service.grpcAddress, credentials.createInsecure());
    const asIs = (bytes: Buffer) => bytes;
    const stream = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      asIs,
      asIs,
    );

    stream.write(Buffer.from([0x0a, 0xff]));
    stream.write(Buffer.from([0x0a, 0xff]));
    stream.resume();
    const [error] = (await once(stream, 'error')) as [ServiceError];

    expect(error.code).to.equal(status.INVALID_ARGUMENT);
    client.close();
  });

  it('are given to a client that asks a thousand times before it reads', async () => {
    const ask = { case: 'fileContainingSymbol', value: KEY_SERVICE } as const;

    const responses = await askReflection(service.grpcUrl, ...new Array<typeof ask>(1000).fill(ask));

    expect(responses).to.have.length(1000);
    expect(new Set(responses.map(({ messageResponse }) => messageResponse.case))).to.have.keys(
      'fileDescriptorResponse',
    );
  });

  it('come with their file, found by any name that it declares', async () => {
    const names = ['Health', 'Health.Check', 'HealthCheckRequest', 'HealthCheckRequest.service'];
    const enumNames = ['HealthCheckResponse.ServingStatus', 'HealthCheckResponse.SERVING'];
    const questions = [...names, ...enumNames].map((name) => ({
      case: 'fileContainingSymbol' as const,
      value: `grpc.health.v1.${name}`,
    }));

    const responses = await askReflection(service.grpcUrl, ...questions);

    const found = responses.map(({ messageResponse: { case: kind, value } }) =>
      kind === 'fileDescriptorResponse' ? fileNames(value.fileDescriptorProto) : kind,
    );
    expect(found).to.deep.equal(questions.map(() => ['grpc/health/v1/health.proto']));
  });
});
