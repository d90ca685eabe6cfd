import type { CacheObserver } from '../src/revocation/cache-observer.ts';

/** What a {@link CacheObserver} was called with: the method and its arguments. */
export type CacheEvent = readonly [keyof CacheObserver, ...unknown[]];

/** An observer that remembers what it was called with. */
export function createCacheEvents(): { readonly observer: CacheObserver; readonly events: CacheEvent[] } {
  const events: CacheEvent[] = [];
  const remember =
    (name: keyof CacheObserver) =>
    (...args: readonly unknown[]): void =>
      void events.push([name, ...args]);
  return {
    events,
    observer: {
      lookedUp: remember('lookedUp'),
      bound: remember('bound'),
      unbound: remember('unbound'),
      confirmationWaits: remember('confirmationWaits'),
      confirmationEnded: remember('confirmationEnded'),
      failedInBackground: remember('failedInBackground'),
    },
  };
}
