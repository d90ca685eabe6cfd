import type { JWTPayload } from 'jose';
import { type MerchantId, parseMerchantId } from '../core/merchant-id.ts';

/** What a checked token allows. */
export interface VerifiedToken {
  /** Whether the bearer may act for every merchant. */
  readonly anyMerchant: boolean;
  readonly merchantIds: ReadonlySet<MerchantId>;
  readonly scopes: ReadonlySet<string>;
  readonly expiresAtMs: number;
}

/** The claim value that stands for every merchant. */
export const ANY_MERCHANT = '*';

/**
 * Reads the claims that the service decides by.
 *
 * @param merchantClaim the claim that holds a merchant, a list of them, or `*`
 */
export function readClaims(claims: JWTPayload, merchantClaim: string): VerifiedToken {
  const merchants = stringsIn(claims[merchantClaim]);
  return {
    anyMerchant: merchants.includes(ANY_MERCHANT),
    merchantIds: new Set(merchants.map(parseMerchantId).filter((id) => id !== undefined)),
    // RFC 8693 section 4.2: `scope` is separated by spaces; `scp` is the list that several issuers write instead.
    scopes: new Set([...stringsIn(claims['scope']).flatMap((scope) => scope.split(' ')), ...stringsIn(claims['scp'])]),
    expiresAtMs: (claims.exp ?? 0) * 1000,
  };
}

function stringsIn(claim: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.filter((value) => typeof value === 'string');
}
