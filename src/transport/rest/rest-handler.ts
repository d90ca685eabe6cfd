import type { KeyServiceMethods } from '../../api/key-service-methods.ts';
import type { CallContext } from '../../api/method.ts';
import { listMethods, type ServedMethod } from '../../api/method-list.ts';
import { ServiceError } from '../../core/errors.ts';
import { type Answer, writeAnswer } from '../http/answer.ts';
import { type BodyLimits, discardBody } from '../http/body.ts';
import { HttpError, type ToProblem } from '../http/problem-details.ts';
import { authorizationOf, type HttpHandler, type HttpRequest, type HttpResponse, pathOf } from '../http/request.ts';
import { withTimeLimit } from '../http/time-limit.ts';
import type { Endpoint } from './endpoint.ts';
import { readHttpRule } from './http-rule.ts';
import { createRouter, type Router } from './router.ts';
import { toAnswer, toRequest } from './transcoder.ts';

export interface RestOptions {
  readonly toProblem: ToProblem;
  /** For request bodies; the answer may take as long again. */
  readonly bodyLimits: BodyLimits;
  /** Called when an answer could not be written: a fault of the service, which its caller sees as `internal`. */
  readonly onUnanswered: (error: unknown) => void;
}

/** Serves the methods that have a `google.api.http` option, and what `addRoutes` adds, on their documented paths. */
export function createRestHandler(
  methods: KeyServiceMethods,
  options: RestOptions,
  addRoutes: (router: Router<Endpoint>) => void,
): HttpHandler {
  const router = createRouter<Endpoint>();
  for (const served of listMethods(methods)) {
    const rule = readHttpRule(served.descriptor);
    if (rule !== undefined) router.add(rule, createEndpoint(served, options));
  }
  addRoutes(router);

  return (request, response) => {
    answerRequest(router, request, options.toProblem)
      .then((answer) => writeAnswer(response, answer))
      .catch((error: unknown) => {
        options.onUnanswered(error);
        writeFault(response, options.toProblem(error, pathOf(request)));
      })
      .catch(() => response.destroy());
  };
}

async function answerRequest(router: Router<Endpoint>, request: HttpRequest, toProblem: ToProblem): Promise<Answer> {
  const path = pathOf(request);
  try {
    const { target, pathValues } = router.find(request.method ?? '', path);
    return await target(request, pathValues);
  } catch (error) {
    return toProblem(error, path);
  }
}

/** Writes a problem in place of an answer of which some headers may be set already. */
function writeFault(response: HttpResponse, problem: Answer): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  writeAnswer(response, problem);
}

/** The order of the checks is part of the contract: path, method, token, merchant id, claim, body, state. */
function createEndpoint(served: ServedMethod, { bodyLimits }: RestOptions): Endpoint {
  const { descriptor } = served;
  return async (request, pathValues) => {
    const context: CallContext = {
      authorizationHeader: authorizationOf(request),
      onAdmitted: () => discardBody(request, bodyLimits).catch(toRequestTimeout),
    };
    const answered = served.call(context, toRequest(descriptor, pathValues));
    return toAnswer(descriptor, await withTimeLimit(answered, 2 * bodyLimits.timeoutMs));
  };
}

/** HTTP has a status of its own for a request that is late, apart from an answer that is. */
function toRequestTimeout(error: unknown): never {
  if (!(error instanceof ServiceError) || error.code !== 'deadline') throw error;
  throw new HttpError('request-timeout', 'deadline', error.message);
}
