import type { DescMethodUnary, Message } from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { ServiceError } from '../core/errors.ts';
import { authorizationOf, type HttpHandler, type HttpResponse } from '../http/request.ts';
import { endWithUnreadRest } from '../http/unread-rest.ts';
import type { KeyServiceMethods } from '../rpc/key-service-methods.ts';
import type { AnyMethod, CallContext } from '../rpc/method.ts';
import { toConnectError } from './connect-error.ts';
import { addReflection } from './reflection.ts';

export interface ConnectHandlerOptions {
  readonly maxMessageBytes: number;
  /** Longest time limit that a client may ask for; above it the call is refused. */
  readonly maxTimeoutMs: number;
  /** Given when the service is about to stop: streams end then. */
  readonly stopping: AbortSignal;
  /** Takes the requests that are for none of the RPC services. */
  readonly fallback: HttpHandler;
}

/** Header values that the web's Headers would join or drop; they are read from the raw request instead. */
const authorizationKey = createContextKey<CallContext['authorization']>([]);

const SERVICE_PATH = `/${KeyService.typeName}/`;

/** Serves Connect, gRPC-Web and gRPC with reflection, on HTTP/1.1 and HTTP/2. */
export function createConnectHandler(methods: KeyServiceMethods, options: ConnectHandlerOptions): HttpHandler {
  const common = {
    readMaxBytes: options.maxMessageBytes,
    maxTimeoutMs: options.maxTimeoutMs,
    // A reader of JSON should not have to know the defaults: `"valid": false` is written.
    jsonOptions: { alwaysEmitImplicit: true },
  };
  const handleUnknownMethod = createUnknownMethodHandler(common);

  const handle = connectNodeAdapter({
    ...common,
    routes: (router) => {
      addMethods(router, methods);
      addReflection(router, options.stopping);
    },
    contextValues: (request) => createContextValues().set(authorizationKey, authorizationOf(request)),
    fallback: (request, response) => {
      const next = request.url?.startsWith(SERVICE_PATH) ? handleUnknownMethod : options.fallback;
      next(request, response as HttpResponse);
    },
  });
  return (request, response) => {
    // RFC 9110, section 15.5.6: a 405 tells what is allowed.
    if (request.method !== 'POST' && request.url?.startsWith(SERVICE_PATH)) response.setHeader('allow', 'POST');
    endWithUnreadRest(request, response);
    handle(request, response);
  };
}

function addMethods(router: ConnectRouter, methods: KeyServiceMethods): void {
  for (const descriptor of KeyService.methods) {
    const method = methods[descriptor.localName as keyof KeyServiceMethods] as AnyMethod;
    router.rpc(descriptor as DescMethodUnary, (request: Message, context: HandlerContext) =>
      answer(method, request, context),
    );
  }
}

async function answer(method: AnyMethod, request: Message, context: HandlerContext): Promise<Message> {
  try {
    const answered = method({ authorization: context.values.get(authorizationKey) }, request);
    return await Promise.race([answered, whenAborted(context.signal)]);
  } catch (error) {
    throw toConnectError(error);
  }
}

/** Rejects when the caller's time limit is over, or the caller is gone. What it began still runs to its end. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () =>
      reject(new ServiceError('deadline', 'The time limit of the call is over.', { cause: signal.reason }));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Answers calls of methods that the service does not have, each in the format of its own protocol: one method that
 * takes anything stands in for all of them.
 */
function createUnknownMethodHandler(options: Partial<ConnectRouterOptions>): HttpHandler {
  const standIn = { ...KeyService.method.validate, input: EmptySchema, output: EmptySchema } as DescMethodUnary;
  const handle = connectNodeAdapter({
    ...options,
    routes: (router) => {
      router.rpc(standIn, () => {
        throw new ConnectError(`${KeyService.typeName} has no such method.`, Code.Unimplemented);
      });
    },
  });
  return (request, response) => {
    request.url = `${SERVICE_PATH}${KeyService.method.validate.name}`;
    handle(request, response);
  };
}
