import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../../gen/grpc/reflection/v1/reflection_pb.js';

export type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>;

/** Asks the questions in one stream of gRPC server reflection, version 1. */
export async function askReflection(baseUrl: string, ...questions: Question[]): Promise<ServerReflectionResponse[]> {
  const sessionManager = new Http2SessionManager(baseUrl);
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl, sessionManager }));
  async function* requests() {
    for (const messageRequest of questions)
      yield create(ServerReflectionRequestSchema, { host: 'a host', messageRequest });
  }
  const responses: ServerReflectionResponse[] = [];
  try {
    for await (const response of client.serverReflectionInfo(requests())) responses.push(response);
  } finally {
    sessionManager.abort();
  }
  return responses;
}

/** The names of the services that the port lists. */
export async function listServices(baseUrl: string): Promise<string[]> {
  const [response] = await askReflection(baseUrl, { case: 'listServices', value: '' });
  const listed = response?.messageResponse;
  if (listed?.case !== 'listServicesResponse') throw new Error(`not a list of services: ${listed?.case}`);
  return listed.value.service.map(({ name }) => name);
}
