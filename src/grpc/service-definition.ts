import { type DescMethod, type DescService, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { handleUnaryCall, MethodDefinition, ServerUnaryCall } from '@grpc/grpc-js';
import { ServiceError } from '../core/errors.ts';
import type { AnyMethod } from '../rpc/method.ts';
import { toGrpcStatus } from './status.ts';

/** grpc-js hands messages over as bytes: what cannot be parsed is then our error and not its INTERNAL. */
const asIs = (bytes: Buffer): Buffer => bytes;

/** The path of a method on the wire, and that its messages are left alone. */
export function toMethodDefinition(method: DescMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: false,
    responseStream: false,
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

/** Serves a method over grpc-js. `onCall` is told when a call begins, and returns what to tell when it ended. */
export function toUnaryHandler(
  descriptor: DescMethod,
  method: AnyMethod,
  onCall: () => () => void,
): handleUnaryCall<Buffer, Buffer> {
  async function answer({ request, metadata }: ServerUnaryCall<Buffer, Buffer>): Promise<Buffer> {
    const context = { authorization: metadata.get('authorization').map(String) };
    return toBuffer(toBinary(descriptor.output, await method(context, parse(descriptor, request))));
  }

  return (call, callback) => {
    const ended = onCall();
    answer(call).then(
      (response) => {
        callback(null, response);
        ended();
      },
      (error: unknown) => {
        callback(toGrpcStatus(error));
        ended();
      },
    );
  };
}

function parse(method: DescMethod, bytes: Buffer): MessageShape<DescMethod['input']> {
  try {
    return fromBinary(method.input, bytes);
  } catch (cause) {
    throw new ServiceError('invalid_request', `The request is not a valid ${method.input.name}.`, { cause });
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
