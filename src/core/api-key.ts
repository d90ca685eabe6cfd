import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { encodeBase62, randomBase62 } from './base62.ts';

/** SHA-256 of a whole key, base64url: the only form in which a key is stored, cached or compared. */
export type KeyHash = string & { readonly __kind: 'KeyHash' };

/** Characters of secret in a key: 43 base62 digits hold 256 bits. */
export const SECRET_LENGTH = 43;
/** Characters of checksum in a key: six base62 digits hold any CRC-32. */
export const CHECKSUM_LENGTH = 6;
/** Secret characters that may be shown beside the prefix. */
const SHOWN_SECRET_LENGTH = 3;

/** What a key prefix must look like. */
export const KEY_PREFIX = /^(?=.{1,32}$)[A-Za-z0-9_]*_$/;

const SECRET_AND_CHECKSUM = new RegExp(`^[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * A plaintext key. Nothing that prints, serialises or inspects it shows the secret: only {@link ApiKey.reveal} does.
 */
export class ApiKey {
  readonly #clear: string;
  /** The visible beginning: the prefix and the first three characters of the secret. */
  readonly visiblePrefix: string;
  readonly hash: KeyHash;

  constructor(clear: string, visiblePrefix: string) {
    this.#clear = clear;
    this.visiblePrefix = visiblePrefix;
    this.hash = hashApiKey(clear);
  }

  /** The plaintext key, for the one response that hands it out. */
  reveal(): string {
    return this.#clear;
  }

  toString(): string {
    return `${this.visiblePrefix}…`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `ApiKey(${this.toString()})`;
  }
}

/** Makes and reads keys: `<prefix><secret><checksum>`. */
export interface KeyFormat {
  /** Draws a new key from the system's CSPRNG. */
  generate(): ApiKey;
  /**
   * The hash of a well-formed key, by shape and checksum alone: no I/O, no secret kept.
   *
   * @returns undefined when `text` is not a key
   */
  hashOf(text: string): KeyHash | undefined;
  /** Whether the text begins like a key, well-formed or not. */
  looksLikeKey(text: string): boolean;
  /** Hides every key in a text, wherever it stands, whether or not its checksum is right. */
  redact(text: string): string;
  /** Matches keys in text, for secret scanners; the checksum remains to be checked. */
  readonly pattern: RegExp;
}

/**
 * @param prefix the prefix of new keys, as {@link KEY_PREFIX}
 * @param furtherPrefixes prefixes whose keys still count, so that a new prefix kills no key
 */
export function createKeyFormat(prefix: string, furtherPrefixes: readonly string[] = []): KeyFormat {
  const prefixes = [...new Set([prefix, ...furtherPrefixes])];
  for (const one of prefixes) {
    if (!KEY_PREFIX.test(one)) throw new RangeError(`not a key prefix: ${one}`);
  }

  const shape = `(?:${prefixes.join('|')})[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}`;
  const anywhere = new RegExp(shape, 'g');

  return {
    generate() {
      const body = prefix + randomBase62(SECRET_LENGTH, randomBytes);
      return new ApiKey(body + checksum(body), body.slice(0, prefix.length + SHOWN_SECRET_LENGTH));
    },

    hashOf(text) {
      // Several prefixes may begin alike (`a_` and `a_b_`): the length decides which one is meant.
      const used = prefixes.find(
        (one) => text.length === one.length + SECRET_LENGTH + CHECKSUM_LENGTH && text.startsWith(one),
      );
      if (used === undefined || !SECRET_AND_CHECKSUM.test(text.slice(used.length))) return undefined;
      const body = text.slice(0, -CHECKSUM_LENGTH);
      return text.endsWith(checksum(body)) ? hashApiKey(text) : undefined;
    },

    looksLikeKey(text) {
      return prefixes.some((one) => text.startsWith(one));
    },

    redact: (text) => text.replace(anywhere, '[redacted]'),

    pattern: new RegExp(`\\b${shape}\\b`, 'g'),
  };
}

/** CRC-32 (ISO-HDLC) of the body in base62: finds typing and copying mistakes, and is no secret. */
function checksum(body: string): string {
  return encodeBase62(crc32(body), CHECKSUM_LENGTH);
}

/**
 * A plain SHA-256 is enough: the secret has 256 random bits, so that guessing is hopeless at any speed, and neither a
 * slow hash nor a pepper would add anything.
 */
function hashApiKey(clear: string): KeyHash {
  return hash('sha256', clear, 'base64url') as KeyHash;
}
