import type { DescMethodUnary, Message } from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { KeyService } from '../../../gen/iterapay/keys/v1/keys_pb.js';
import { clampConnectTimeout, clampGrpcTimeout } from '../../api/call-timeout.ts';
import type { KeyServiceMethods } from '../../api/key-service-methods.ts';
import type { CallContext } from '../../api/method.ts';
import { listMethods, type ServedMethod } from '../../api/method-list.ts';
import type { BodyLimits } from '../http/body.ts';
import { authorizationOf, type HttpHandler, type HttpRequest, type HttpResponse } from '../http/request.ts';
import { createReflection } from '../reflection/reflection.ts';
import { toConnectError } from './connect-error.ts';
import { addReflection } from './reflection-routes.ts';
import { receiveBody } from './request-body.ts';
import { untilAborted } from './until-aborted.ts';

export interface ConnectHandlerOptions {
  readonly bodyLimits: BodyLimits;
  /** Given when the service is about to stop: streams end then. */
  readonly stopping: AbortSignal;
  /** Takes the requests that are for none of the RPC services. */
  readonly fallback: HttpHandler;
  /** Called when an answer could not be written: mostly its client is gone. */
  readonly onUnanswered: (error: unknown) => void;
}

/** Header values that the web's Headers would join or drop; they are read from the raw request instead. */
const authorizationKey = createContextKey<CallContext['authorizationHeader']>([]);

const SERVICE_PATH = `/${KeyService.typeName}/`;

/** Serves Connect, gRPC-Web and gRPC with reflection, on HTTP/1.1 and HTTP/2. */
export function createConnectHandler(methods: KeyServiceMethods, options: ConnectHandlerOptions): HttpHandler {
  const { bodyLimits, stopping, fallback, onUnanswered } = options;
  const handlers = createHandlers(bodyLimits.maxBytes, (router) => {
    addMethods(router, methods);
    addReflection(router, createReflection([KeyService]), stopping);
  });
  const unknownMethod = createUnknownMethodHandler(bodyLimits.maxBytes);

  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const handler = handlers.get(path) ?? (path.startsWith(SERVICE_PATH) ? unknownMethod : undefined);
    if (handler === undefined) return fallback(request, response);
    // RFC 9110, section 15.5.6: a 405 lists what is allowed.
    if (request.method !== 'POST') response.setHeader('allow', 'POST');
    answerRequest(handler, request, response, bodyLimits).catch(onUnanswered);
  };
}

function createHandlers(
  maxMessageBytes: number,
  addRoutes: (router: ConnectRouter) => void,
): ReadonlyMap<string, UniversalHandler> {
  const router = createConnectRouter({
    readMaxBytes: maxMessageBytes,
    acceptCompression: [compressionGzip, compressionBrotli],
    // A reader of JSON should not have to know the defaults: `"valid": false` is written.
    jsonOptions: { alwaysEmitImplicit: true },
  });
  addRoutes(router);
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

/** Throws at once where the target or the authority of the request is malformed. */
function answerRequest(
  handler: UniversalHandler,
  request: HttpRequest,
  response: HttpResponse,
  bodyLimits: BodyLimits,
): Promise<void> {
  const received = universalRequestFromNodeRequest(request, response, undefined, contextOf(request));
  clampTimeouts(received.header);
  return handler({ ...received, body: receiveBody(request, handler.method, bodyLimits) }).then((answer) =>
    universalResponseToNodeResponse(answer, response),
  );
}

function contextOf(request: HttpRequest): ContextValues {
  return createContextValues().set(authorizationKey, authorizationOf(request));
}

/** A malformed time limit is left for connect-node to refuse. */
function clampTimeouts(header: Headers): void {
  for (const [name, clamp] of [
    ['grpc-timeout', clampGrpcTimeout],
    ['connect-timeout-ms', clampConnectTimeout],
  ] as const) {
    const value = header.get(name);
    const clamped = value === null ? undefined : clamp(value);
    if (clamped !== undefined) header.set(name, clamped);
  }
}

function addMethods(router: ConnectRouter, methods: KeyServiceMethods): void {
  for (const served of listMethods(methods)) {
    router.rpc(served.descriptor, (request: Message, context: HandlerContext) => answer(served, request, context));
  }
}

async function answer(served: ServedMethod, request: Message, context: HandlerContext): Promise<Message> {
  try {
    const answered = served.call({ authorizationHeader: context.values.get(authorizationKey) }, request);
    return await untilAborted(answered, context.signal);
  } catch (error) {
    throw toConnectError(error);
  }
}

/**
 * Answers calls of methods that the service does not have, each in the format of its own protocol: one method that
 * takes anything stands in for all of them.
 */
function createUnknownMethodHandler(maxMessageBytes: number): UniversalHandler | undefined {
  const standIn: DescMethodUnary = { ...KeyService.method.validate, input: EmptySchema, output: EmptySchema };
  const handlers = createHandlers(maxMessageBytes, (router) => {
    router.rpc(standIn, () => {
      throw new ConnectError(`${KeyService.typeName} has no such method.`, Code.Unimplemented);
    });
  });
  return [...handlers.values()][0];
}
