/** Where a lookup was answered from. */
export type LookupSource = 'redis' | 'authority_filled' | 'authority';

/** How a wait for confirmation ended. */
export type ConfirmationOutcome = 'confirmed' | 'unconfirmed';

/** Watches the cache and the revocations from outside: for logs and metrics. */
export interface CacheObserver {
  lookedUp(source: LookupSource): void;
  /** The instance may use Redis from now on. */
  bound(): void;
  /** The instance no longer has a binding, or could not make one. */
  unbound(reason: unknown): void;
  /** A change has to wait for a cache that this instance does not reach itself. */
  confirmationWaits(): void;
  /** `seconds` is the time since the commit. `waited` says whether `confirmationWaits` was called for it. */
  confirmationEnded(outcome: ConfirmationOutcome, seconds: number, waited: boolean): void;
  /** Something in the background failed and will be tried again. */
  failedInBackground(what: string, error: unknown): void;
}
