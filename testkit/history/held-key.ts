import { hash } from 'node:crypto';
import type { KeyId } from './history.ts';

/** Characters of the SHA-256 that keep keys apart: 96 bits. */
const ID_LENGTH = 16;

/** A key that a caller holds. Nothing that prints, serialises or inspects it shows it. */
export class HeldKey {
  readonly #clear: string;
  readonly id: KeyId;

  constructor(clear: string) {
    this.#clear = clear;
    this.id = hash('sha256', clear, 'base64url').slice(0, ID_LENGTH) as KeyId;
  }

  /** The plaintext key, for the request that presents it. */
  reveal(): string {
    return this.#clear;
  }
}
