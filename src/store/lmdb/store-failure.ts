/** The store cannot be used, as this service found out by itself. */
export class StoreFailure extends Error {
  override readonly name: string = 'StoreFailure';
}

/**
 * Whether what was thrown is about the store's files: found out here, by lmdb, or by the operating system. Anything else
 * is an error of this program, and must not be taken for a store that is away.
 */
export function isStoreFailure(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  // lmdb's errors have no class; they have LMDB's number (lmdb-js 3.5.6: `throwLmdbError`).
  return (
    thrown instanceof StoreFailure || typeof (thrown as { code?: unknown }).code === 'number' || 'syscall' in thrown
  );
}
