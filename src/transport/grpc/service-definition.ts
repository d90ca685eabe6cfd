import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import type { handleUnaryCall, MethodDefinition } from '@grpc/grpc-js';
import type { ServedMethod } from '../../api/method-list.ts';
import { ServiceError } from '../../core/errors.ts';
import type { MessageCodec } from './message-codec.ts';
import { toGrpcStatus } from './status.ts';

/** grpc-js hands messages over as bytes: what cannot be parsed is then our error and not its INTERNAL. */
const asIs = (bytes: Buffer): Buffer => bytes;

/** The path of a method on the wire, and that its messages are left alone. */
export function toMethodDefinition(method: DescMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** The methods of a service by their local names, as grpc-js takes them. */
export function toServiceDefinition(service: DescService): Record<string, MethodDefinition<Buffer, Buffer>> {
  return Object.fromEntries(service.methods.map((method) => [method.localName, toMethodDefinition(method)]));
}

/** Serves a method over grpc-js. `onCall` is called when a call begins, and returns what to call when it ended. */
export function toUnaryHandler(
  served: ServedMethod,
  codec: MessageCodec<DescMessage, DescMessage>,
  onCall: () => () => void,
): handleUnaryCall<Buffer, Buffer> {
  function decode(bytes: Buffer): MessageShape<DescMessage> {
    try {
      return codec.decode(bytes);
    } catch (cause) {
      throw new ServiceError('invalid_request', `The request is not a valid ${served.descriptor.input.name}.`, {
        cause,
      });
    }
  }

  return async ({ request, metadata }, callback) => {
    const ended = onCall();
    try {
      const authorizationHeader = metadata.get('authorization') as string[];
      callback(null, codec.encode(await served.call({ authorizationHeader }, decode(request))));
    } catch (error) {
      callback(toGrpcStatus(error));
    } finally {
      ended();
    }
  };
}
