import fc from 'fast-check';
import { BASE62 } from '../../src/core/base62.ts';

/** Fixed, so that a failure repeats; change it to look elsewhere. */
export const SEED = 20_260_101;

/** Text of base62 characters. */
export function base62(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...BASE62), minLength: length, maxLength: length });
}

/** The 43 secret characters of a key. */
export const secret = base62(43);

/** Text that is near to what is written in `characters`, with arbitrary Unicode in between. */
export function textNear(characters: string, maxLength: number): fc.Arbitrary<string> {
  const near = fc.constantFrom(...characters);
  const unit = fc.oneof({ weight: 20, arbitrary: near }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) });
  return fc.array(unit, { maxLength }).map((parts) => parts.join(''));
}

/** Prefixes that keys may have. */
export const keyPrefix = fc
  .string({ unit: fc.constantFrom(...BASE62, '_'), maxLength: 31 })
  .map((beginning) => `${beginning}_`);
