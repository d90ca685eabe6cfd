/** The alphabet in the order of its digits' values. */
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Writes an unsigned integer in base 62, left-padded with `0`.
 *
 * @throws RangeError when `value` is not a safe unsigned integer or needs more than `width` digits
 */
export function encodeBase62(value: number, width: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not a safe unsigned integer');
  let digits = '';
  let rest = value;
  for (let place = 0; place < width; place++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  if (rest !== 0) throw new RangeError(`does not fit in ${width} digits`);
  return digits;
}

/** The greatest multiple of 62 that a byte can hold: bytes from here on would favour the first digits. */
const UNBIASED_BYTES = 248;

/**
 * Draws base62 characters, each equally likely: bytes that would bias the remainder are drawn again.
 *
 * @param randomBytes a cryptographically secure source
 */
export function randomBase62(length: number, randomBytes: (count: number) => Uint8Array): string {
  let characters = '';
  while (characters.length < length) {
    for (const byte of randomBytes(length - characters.length)) {
      if (byte < UNBIASED_BYTES) characters += BASE62.charAt(byte % 62);
    }
  }
  return characters;
}
