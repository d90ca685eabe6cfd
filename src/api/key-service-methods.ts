import { create, type DescMethodUnary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  GenerateResponseSchema,
  InfoResponseSchema,
  KeyService as KeyServiceDescriptor,
  Reason,
  RevokeResponseSchema,
  type ValidateRequestSchema,
  type ValidateResponse,
  ValidateResponseSchema,
} from '../../gen/iterapay/keys/v1/keys_pb.js';
import type { AccessControl } from '../auth/access-control.ts';
import { ServiceError } from '../core/errors.ts';
import type { KeyService, Verdict } from '../core/key-service.ts';
import { MERCHANT_ID_RULE, type MerchantId, NO_MERCHANT, parseMerchantId } from '../core/merchant-id.ts';
import type { CallContext, Method } from './method.ts';

type Descriptors = (typeof KeyServiceDescriptor)['method'];

/** The four RPCs, by the descriptor's local names: the one implementation behind every transport. */
export type KeyServiceMethods = {
  readonly [Name in keyof Descriptors]: Descriptors[Name] extends DescMethodUnary<infer I, infer O>
    ? Method<I, O>
    : never;
} & {
  /** Validate for HTTP gateways, to whom a malformed merchant id is just one that the key does not belong to. */
  readonly validateForGateway: Method<typeof ValidateRequestSchema, typeof ValidateResponseSchema>;
};

/** The names of all methods, under which calls are counted. */
export const METHOD_NAMES = [...KeyServiceDescriptor.methods.map(({ localName }) => localName), 'validateForGateway'];

/** Puts the four use cases behind the contract's messages and the one rule of access. */
export function createKeyServiceMethods(service: KeyService, accessControl: AccessControl): KeyServiceMethods {
  /** The order of these checks is part of the contract: token, merchant id, claim. */
  async function admitMerchant(call: CallContext, text: string): Promise<MerchantId> {
    const token = await accessControl.authenticate(call.authorizationHeader);
    const merchantId = requireMerchantId(text);
    accessControl.requireMerchant(token, merchantId);
    await call.onAdmitted?.();
    return merchantId;
  }

  function validateWith(readMerchantId: (text: string) => MerchantId): KeyServiceMethods['validate'] {
    return async ({ authorizationHeader, onAdmitted }, { apiKey, merchantId }) => {
      if (accessControl.validateNeedsToken) await accessControl.requireValidateScope(authorizationHeader);
      const expected = merchantId ? readMerchantId(merchantId) : undefined;
      if (onAdmitted !== undefined) await onAdmitted();
      return toValidateResponse(await service.validate(apiKey, expected));
    };
  }

  return {
    async generate(context, request) {
      const merchantId = await admitMerchant(context, request.merchantId);
      const plaintextKey = (await service.generate(merchantId)).reveal();
      return create(GenerateResponseSchema, { apiKey: plaintextKey, key: plaintextKey });
    },

    async info(context, request) {
      const merchantId = await admitMerchant(context, request.merchantId);
      const { createdAt, lastUsedAt, visiblePrefix } = await service.info(merchantId);
      return create(InfoResponseSchema, {
        createdAt: timestampFromDate(createdAt),
        ...(lastUsedAt && { lastUsedAt: timestampFromDate(lastUsedAt) }),
        prefix: visiblePrefix,
      });
    },

    async revoke(context, request) {
      const merchantId = await admitMerchant(context, request.merchantId);
      await service.revoke(merchantId);
      return create(RevokeResponseSchema);
    },

    validate: validateWith(requireMerchantId),
    validateForGateway: validateWith((merchantId) => parseMerchantId(merchantId) ?? NO_MERCHANT),
  };
}

const REASONS: Record<Extract<Verdict, { valid: false }>['reason'], Reason> = {
  malformed: Reason.MALFORMED,
  not_found: Reason.NOT_FOUND,
  revoked: Reason.REVOKED,
  merchant_mismatch: Reason.MERCHANT_MISMATCH,
};

function toValidateResponse(verdict: Verdict): ValidateResponse {
  if (verdict.valid) return create(ValidateResponseSchema, { valid: true, merchantId: verdict.merchantId });
  return create(ValidateResponseSchema, {
    reason: REASONS[verdict.reason],
    ...(verdict.reason === 'revoked' && { revokedAt: timestampFromDate(verdict.revokedAt) }),
  });
}

function requireMerchantId(text: string): MerchantId {
  const merchantId = parseMerchantId(text);
  if (merchantId === undefined)
    throw new ServiceError('invalid_request', `The merchant id must be ${MERCHANT_ID_RULE}.`);
  return merchantId;
}
