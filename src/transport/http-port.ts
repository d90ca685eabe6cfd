import type { KeyServiceMethods } from '../api/key-service-methods.ts';
import type { ServiceError } from '../core/errors.ts';
import { createConnectHandler } from './connect/connect-handler.ts';
import type { BodyLimits } from './http/body.ts';
import { type HttpListenerOptions, listenHttp } from './http/http-listener.ts';
import type { ToProblem } from './http/problem-details.ts';
import { createHttpRefusals } from './http/refusals.ts';
import type { HttpHandler } from './http/request.ts';
import { guardRequests } from './http/request-guard.ts';
import type { Listener } from './listener.ts';
import { addGatewayValidate } from './rest/gateway-validate.ts';
import { createRestHandler } from './rest/rest-handler.ts';

export interface HttpPortOptions extends Omit<HttpListenerOptions, 'refusals'> {
  readonly bodyLimits: BodyLimits;
  readonly toProblem: ToProblem;
  /** Whether requests that name another host than this machine are refused. */
  readonly isLoopbackOnly: boolean;
  /** Whether the `Authorization` header of a gateway is its own token; otherwise it may hold the key. */
  readonly validateNeedsToken: boolean;
  /** Given when the service is about to stop: streams end then. */
  readonly stopping: AbortSignal;
  readonly observeAnswers: HttpPortObserver;
}

/** Watches the port from outside. */
export interface HttpPortObserver {
  /** A gateway was refused: a fault of its set-up, which its own callers cannot correct. */
  gatewayRefused(error: ServiceError): void;
  /** An answer of REST could not be written, and its caller got `internal`. */
  answerFailed(error: unknown): void;
  /** An answer of an RPC could not be written: mostly its client is gone. */
  clientLost(error: unknown): void;
}

/**
 * Listens on the HTTP port. A request goes through the chain
 *
 *     sniffer → guard → RPC → REST
 *
 * - The **sniffer** reads in the first bytes of a connection whether it is HTTP/1.1 or HTTP/2, and hands it to Node's
 *   server of that version. What Node does not take for a request is answered by the refusals.
 * - The **guard** refuses a malformed Host or target and, in developer mode, the name of another machine.
 * - **RPC** answers the service's methods and reflection by Connect, gRPC-Web and gRPC.
 * - **REST** answers the documented paths and those for gateways, and 404 on every other.
 *
 * @throws ListenError, HttpRuleError
 */
export function listenHttpPort(methods: KeyServiceMethods, options: HttpPortOptions): Promise<Listener> {
  const { toProblem, bodyLimits, isLoopbackOnly, stopping, observeAnswers } = options;
  const rest = buildRest(methods, options);
  const rpc = createConnectHandler(methods, {
    bodyLimits,
    stopping,
    fallback: rest,
    onUnanswered: observeAnswers.clientLost,
  });
  const guarded = guardRequests(rpc, { toProblem, isLoopbackOnly });
  return listenHttp(guarded, { ...options, refusals: createHttpRefusals(toProblem) });
}

function buildRest(
  methods: KeyServiceMethods,
  { toProblem, bodyLimits, validateNeedsToken, observeAnswers }: HttpPortOptions,
): HttpHandler {
  return createRestHandler(methods, { toProblem, bodyLimits, onUnanswered: observeAnswers.answerFailed }, (router) =>
    addGatewayValidate(router, {
      validate: methods.validateForGateway,
      validateNeedsToken,
      toProblem,
      requestTimeoutMs: bodyLimits.timeoutMs,
      onGatewayRefused: observeAnswers.gatewayRefused,
    }),
  );
}
