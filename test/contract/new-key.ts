import { createKeyFormat } from '../../src/core/api-key.ts';
import type { NewKey } from '../../src/core/key-store.ts';

const keyFormat = createKeyFormat('ipa_live_');

/** A new key, made at the given second of a fixed minute. */
export function newKey(second = 0): NewKey {
  const { hash, visiblePrefix } = keyFormat.generate();
  return { hash, visiblePrefix, createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second, 123)) };
}
