import { create, enumToJson } from '@bufbuild/protobuf';
import {
  Reason,
  ReasonSchema,
  ValidateRequestSchema,
  type ValidateResponse,
  ValidateResponseSchema,
} from '../../../gen/iterapay/keys/v1/keys_pb.js';
import type { KeyServiceMethods } from '../../api/key-service-methods.ts';
import { parseBearer } from '../../auth/bearer.ts';
import { ServiceError, toServiceError } from '../../core/errors.ts';
import type { Answer } from '../http/answer.ts';
import type { ToProblem } from '../http/problem-details.ts';
import { authorizationOf, type HttpRequest, headerValues, pathOf } from '../http/request.ts';
import { withTimeLimit } from '../http/time-limit.ts';
import type { Endpoint } from './endpoint.ts';
import { HttpRuleError, toHttpRule } from './http-rule.ts';
import type { Router } from './router.ts';
import { toRestJson } from './transcoder.ts';

export interface GatewayValidateOptions {
  readonly validate: KeyServiceMethods['validateForGateway'];
  /** Whether the `Authorization` header is the gateway's own token; otherwise it may hold the key. */
  readonly validateNeedsToken: boolean;
  readonly toProblem: ToProblem;
  readonly requestTimeoutMs: number;
  /** Is called when the gateway itself was refused: a fault of its set-up, which its callers cannot fix. */
  readonly onGatewayRefused: (error: ServiceError) => void;
}

/** Where gateways validate keys. */
export const GATEWAY_PATHS: readonly string[] = ['/key/validate', '/key/validate/{merchant_id}'];

const DETAILS: Readonly<Record<Exclude<Reason, Reason.UNSPECIFIED>, string>> = {
  [Reason.MALFORMED]: 'The API key is missing or malformed.',
  [Reason.NOT_FOUND]: 'The API key is not known.',
  [Reason.REVOKED]: 'The API key was revoked.',
  [Reason.MERCHANT_MISMATCH]: 'The API key belongs to another merchant.',
};

/**
 * Adds the paths on which HTTP gateways (nginx `auth_request` and the like) validate the key of a request that they
 * pass on. Such a gateway understands few statuses, so these answer 200, 401, 403 or 503 only.
 *
 * @throws HttpRuleError when a path is mistyped: it would be served elsewhere, or without its merchant
 */
export function addGatewayValidate(
  router: Router<Endpoint>,
  options: GatewayValidateOptions,
  paths: readonly string[] = GATEWAY_PATHS,
): void {
  const endpoint = createEndpoint(options);
  const refuse = (why: string) => new HttpRuleError(`the gateway's paths: ${why}`);
  for (const path of paths) {
    router.add(toHttpRule('GET', path, ValidateRequestSchema, refuse), endpoint);
  }
}

function createEndpoint({ validate, validateNeedsToken, toProblem, ...options }: GatewayValidateOptions): Endpoint {
  return async (request, pathValues) => {
    const apiKey = presentedKey(request, validateNeedsToken);
    const message = create(ValidateRequestSchema, { apiKey, ...optionalMerchant(pathValues['merchant_id']) });
    try {
      const answered = validate({ authorizationHeader: authorizationOf(request) }, message);
      return toAnswer(await withTimeLimit(answered, options.requestTimeoutMs), toProblem, pathOf(request));
    } catch (thrown) {
      const error = toServiceError(thrown);
      if (error.code !== 'unauthenticated' && error.code !== 'forbidden') {
        throw new ServiceError('unavailable', 'The key could not be validated.', { cause: error });
      }
      options.onGatewayRefused(error);
      throw error;
    }
  };
}

/** The key that the gateway was shown; empty, and so malformed, where it is missing or repeated. */
function presentedKey(request: HttpRequest, authorizationIsToken: boolean): string {
  const own = headerValues(request, 'x-api-key');
  if (own.length > 0 || authorizationIsToken) return own.length === 1 ? (own[0] ?? '') : '';
  const [authorization = '', second] = authorizationOf(request);
  return second === undefined ? (parseBearer(authorization) ?? '') : '';
}

function optionalMerchant(merchantId: string | undefined): { merchantId?: string } {
  return merchantId === undefined ? {} : { merchantId };
}

function toAnswer(verdict: ValidateResponse, toProblem: ToProblem, instance: string): Answer {
  if (verdict.reason === Reason.UNSPECIFIED) {
    return {
      status: 200,
      headers: { 'x-merchant-id': verdict.merchantId },
      body: toRestJson(ValidateResponseSchema, verdict),
    };
  }
  const code = verdict.reason === Reason.MERCHANT_MISMATCH ? 'forbidden' : 'unauthenticated';
  const error = new ServiceError(code, DETAILS[verdict.reason]);
  return toProblem(error, instance, { valid: false, reason: enumToJson(ReasonSchema, verdict.reason) });
}
