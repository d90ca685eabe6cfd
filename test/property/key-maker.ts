import { BASE62 } from '../../src/core/base62.ts';

/** CRC-32 (ISO-HDLC), bit by bit from its published parameters: slow, and independent of the service's own. */
export function crc32BitByBit(text: string): number {
  let remainder = 0xffff_ffff;
  for (const byte of Buffer.from(text, 'utf8')) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb8_8320 : 0);
  }
  return (remainder ^ 0xffff_ffff) >>> 0;
}

/** The value of a number written in base 62, most significant digit first. */
export function decodeBase62(digits: string): number {
  return [...digits].reduce((value, digit) => value * 62 + BASE62.indexOf(digit), 0);
}

/** A key as its published format has it, made without the service's code. */
export function makeKey(prefix: string, secret: string): string {
  const body = prefix + secret;
  let rest = crc32BitByBit(body);
  let checksum = '';
  for (let place = 0; place < 6; place++) {
    checksum = BASE62.charAt(rest % 62) + checksum;
    rest = Math.floor(rest / 62);
  }
  return body + checksum;
}
