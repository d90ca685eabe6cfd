import { create, type DescService, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionV1Alpha } from '../../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { indexFiles, type SerializedFiles } from './file-index.ts';

/** Answers what clients without a schema ask (gRPC server reflection), free of any transport. */
export interface Reflection {
  /** What is not known is answered with an error in the response. */
  answer(request: ServerReflectionRequest): ServerReflectionResponse;
}

const { serverReflectionInfo } = ServerReflection.method;

/**
 * The method under the names of its two versions. The messages of v1alpha are those of v1 under another name, and a
 * name is on no wire, neither in binary nor in JSON: those of v1 stand for both.
 */
export const REFLECTION_METHODS: readonly (typeof serverReflectionInfo)[] = [
  serverReflectionInfo,
  { ...serverReflectionInfo, parent: ServerReflectionV1Alpha },
];

/** The codes of gRPC that an answer may hold. */
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

type MessageResponse = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/** @param services what the port serves, and so what is listed */
export function createReflection(services: readonly DescService[]): Reflection {
  const index = indexFiles(services);

  function respond({ messageRequest: { case: question, value } }: ServerReflectionRequest): MessageResponse {
    switch (question) {
      case 'listServices':
        return listServices(services);
      case 'fileByFilename':
        return giveFiles(index.byName(value), `The file ${value}`);
      case 'fileContainingSymbol':
        return giveFiles(index.bySymbol(value), `The symbol ${value}`);
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = value;
        const name = `The extension ${extensionNumber} of ${containingType}`;
        return giveFiles(index.byExtension(containingType, extensionNumber), name);
      }
      case 'allExtensionNumbersOfType':
        return giveNumbers(index.extensionNumbers(value), value);
      case undefined:
        return refuse(UNIMPLEMENTED, 'The request asks for nothing that is known here.');
    }
  }

  return {
    answer: (request) =>
      create(ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: respond(request),
      }),
  };
}

function listServices(services: readonly DescService[]): MessageResponse {
  return { case: 'listServicesResponse', value: { service: services.map(({ typeName: name }) => ({ name })) } };
}

function giveFiles(files: SerializedFiles | undefined, what: string): MessageResponse {
  if (files === undefined) return refuse(NOT_FOUND, `${what} is not known.`);
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: [...files] } };
}

function giveNumbers(numbers: readonly number[] | undefined, baseTypeName: string): MessageResponse {
  if (numbers === undefined) return refuse(NOT_FOUND, `No extension of ${baseTypeName} is known.`);
  return { case: 'allExtensionNumbersResponse', value: { baseTypeName, extensionNumber: [...numbers] } };
}

function refuse(errorCode: number, errorMessage: string): MessageResponse {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
