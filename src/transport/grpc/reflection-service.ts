import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import { ServiceError } from '../../core/errors.ts';
import { REFLECTION_METHODS, type Reflection } from '../reflection/reflection.ts';
import { createMessageCodec } from './message-codec.ts';
import { toMethodDefinition } from './service-definition.ts';
import { toGrpcStatus } from './status.ts';

type ReflectionCall = ServerDuplexStream<Buffer, Buffer>;

/** Serves reflection (v1 and v1alpha) over grpc-js. */
export function addReflection(server: Server, reflection: Reflection): void {
  for (const descriptor of REFLECTION_METHODS) {
    const { decode, encode } = createMessageCodec(descriptor);
    const serve = (call: ReflectionCall) => answerCall(call, (bytes) => encode(reflection.answer(decode(bytes))));
    server.addService({ [descriptor.localName]: toMethodDefinition(descriptor) }, { [descriptor.localName]: serve });
  }
}

/** Answers each request as it comes; a client that takes no answers is not read any further. */
function answerCall(call: ReflectionCall, answer: (bytes: Buffer) => Buffer): void {
  function onRequest(bytes: Buffer): void {
    const response = tryToAnswer(bytes);
    if (response === undefined) refuse();
    else if (!call.write(response)) {
      call.pause();
      call.once('drain', () => call.resume());
    }
  }

  function tryToAnswer(bytes: Buffer): Buffer | undefined {
    try {
      return answer(bytes);
    } catch {
      return undefined;
    }
  }

  function refuse(): void {
    call.off('data', onRequest);
    call.emit('error', MALFORMED);
  }

  call.on('data', onRequest);
  call.once('end', () => call.end());
}

const MALFORMED = toGrpcStatus(
  new ServiceError('invalid_request', 'The request is not a valid ServerReflectionRequest.'),
);
