import type { KeyHash } from '../core/api-key.ts';
import type { BindingSource } from './binding.ts';
import type { RegisteredCache } from './cache-registry.ts';

/**
 * Removes a key's entry from a cache, if it is the one that this instance is bound to.
 *
 * @returns whether the cache acknowledged
 * @throws Error when it is the one, and did not do it
 */
export async function invalidate(
  { cache, generation }: RegisteredCache,
  hash: KeyHash,
  bindings: BindingSource,
): Promise<boolean> {
  const binding = bindings.current();
  if (binding?.cache !== cache) return false;
  // Under the registry's generation: an expired binding's own may be one that the others no longer use.
  await binding.connection.remove({ generation, hash });
  // The reply counts only for the binding that the command was queued on.
  return bindings.current() === binding;
}
