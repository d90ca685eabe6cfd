import { ServiceError } from '../core/errors.ts';
import type { MerchantId } from '../core/merchant-id.ts';
import type { TokenVerifier } from './token-verifier.ts';
import type { VerifiedToken } from './verified-token.ts';

/** The scope (RFC 6749 section 3.3) that a service needs to validate keys. */
export const VALIDATE_SCOPE = 'keys.validate';

/** Who may call what: the same rule on every transport. */
export interface AccessControl {
  /**
   * The checked login token of a call.
   * @param authorizationHeader every value of the header or metadata
   * @throws ServiceError `unauthenticated`
   */
  authenticate(authorizationHeader: readonly string[]): Promise<VerifiedToken>;
  /** Throws `forbidden` unless the token is for this merchant. */
  requireMerchant(token: VerifiedToken, merchantId: MerchantId): void;
  /** Throws `unauthenticated` or `forbidden` unless the token has the scope that validating keys needs. */
  requireValidateScope(authorizationHeader: readonly string[]): Promise<void>;
  /** Whether validating keys needs a service token. */
  readonly validateNeedsToken: boolean;
}

/** @param validateAuth `none` lets every caller that reaches the listener validate keys */
export function createAccessControl(verifier: TokenVerifier, validateAuth: 'jwt' | 'none'): AccessControl {
  return {
    validateNeedsToken: validateAuth === 'jwt',

    authenticate: (authorizationHeader) => verifier.verify(authorizationHeader),

    requireMerchant({ anyMerchant, merchantIds }, merchantId) {
      if (anyMerchant || merchantIds.has(merchantId)) return;
      throw new ServiceError('forbidden', 'The token is not for this merchant.');
    },

    async requireValidateScope(authorizationHeader) {
      const { scopes } = await verifier.verify(authorizationHeader);
      if (!scopes.has(VALIDATE_SCOPE)) {
        throw new ServiceError('forbidden', `The token lacks the scope ${VALIDATE_SCOPE}.`);
      }
    },
  };
}
