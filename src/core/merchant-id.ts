/** A merchant's id in its one spelling. Made by {@link parseMerchantId} only. */
export type MerchantId = string & { readonly __kind: 'MerchantId' };

const MERCHANT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** RFC 9562 section 4: hexadecimal digits, either case, in groups of 8-4-4-4-12. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What a merchant id must look like, for error messages. */
export const MERCHANT_ID_RULE = '1 to 128 characters A-Z a-z 0-9 . _ -, the first one a letter or a digit';

/** An id that no merchant has, for callers that name a merchant which cannot exist. */
export const NO_MERCHANT = '' as MerchantId;

/**
 * Reads a merchant id; UUIDs are folded to lower case, so that two spellings are one merchant.
 *
 * @returns undefined when `text` is not a merchant id
 */
export function parseMerchantId(text: string): MerchantId | undefined {
  if (!MERCHANT_ID.test(text)) return undefined;
  return (UUID.test(text) ? text.toLowerCase() : text) as MerchantId;
}
