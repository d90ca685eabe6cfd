import type { KeyHash } from '../core/api-key.ts';
import type { RegisteredHolder } from '../core/revocation.ts';
import type { BindingHolder } from './binding.ts';
import { entryKey } from './entry.ts';

/**
 * Removes a key's entry from a holder, if it is the one that this instance is bound to.
 *
 * @returns whether the holder acknowledged
 * @throws Error when it is the one, and did not do it
 */
export async function invalidate(
  { holder, generation }: RegisteredHolder,
  hash: KeyHash,
  bindings: BindingHolder,
): Promise<boolean> {
  const binding = bindings.current();
  if (binding?.holder !== holder) return false;
  // Under the registry's generation: an expired binding's own may be one that the others no longer use.
  await binding.connection.remove(entryKey(generation, hash));
  // The reply counts only for the binding that the command was queued on.
  return bindings.current() === binding;
}
