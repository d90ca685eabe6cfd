import { EventEmitter } from 'node:events';
import { type DescMethodBiDiStreaming, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import type { MethodDefinition, Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { ServerReflection } from '../../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionV1Alpha } from '../../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { reflectedPackage } from './descriptor-set.ts';

const METHODS: readonly DescMethodBiDiStreaming[] = [ServerReflection, ServerReflectionV1Alpha].map(
  ({ method }) => method.serverReflectionInfo,
);

/** A method of `@grpc/reflection`, with the handler that it gives to a grpc-js server. */
interface CapturedMethod {
  readonly definition: MethodDefinition<unknown, unknown>;
  readonly handle: (stream: EventEmitter) => void;
}

/**
 * Serves gRPC server reflection (v1 and v1alpha) on the HTTP port with the implementation that serves the gRPC port:
 * `@grpc/reflection` is made for grpc-js, so its handlers are taken from it and given a stream of ours.
 *
 * @param stopping ends the streams, which clients may leave open for ever
 */
export function addReflection(router: ConnectRouter, stopping: AbortSignal): void {
  const captured = captureMethods();
  for (const descriptor of METHODS) {
    const path = `/${descriptor.parent.typeName}/${descriptor.name}`;
    const method = captured.find(({ definition }) => definition.path === path);
    if (method === undefined) throw new Error(`@grpc/reflection does not serve ${path}`);
    router.rpc(descriptor, (requests) => bridge(descriptor, method, until(stopping, requests)));
  }
}

function captureMethods(): CapturedMethod[] {
  const captured: CapturedMethod[] = [];
  const capturing: Pick<Server, 'addService'> = {
    addService(definitions: ServiceDefinition, implementation: UntypedServiceImplementation) {
      for (const [name, definition] of Object.entries(definitions)) {
        captured.push({ definition, handle: implementation[name] as unknown as CapturedMethod['handle'] });
      }
    },
  };
  new ReflectionService(reflectedPackage()).addToServer(capturing);
  return captured;
}

/** The same items, up to the one that is waited for when the signal is given. */
async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The handler answers each request before `emit` returns. */
async function* bridge(
  descriptor: DescMethodBiDiStreaming,
  { definition, handle }: CapturedMethod,
  requests: AsyncIterable<Message>,
): AsyncIterable<Message> {
  const answers: unknown[] = [];
  const stream = Object.assign(new EventEmitter(), { write: (answer: unknown) => answers.push(answer) });
  handle(stream);
  for await (const request of requests) {
    stream.emit('data', definition.requestDeserialize(Buffer.from(toBinary(descriptor.input, request))));
    for (const answer of answers.splice(0)) yield fromBinary(descriptor.output, definition.responseSerialize(answer));
  }
}
