import type { CacheConnection } from './cache-connection.ts';
import type { CacheId, Generation, LeaseId } from './cache-registry.ts';

/** What an instance needs to use a cache. There is none before it is registered, and none once the connection closed. */
export interface Binding {
  readonly connection: CacheConnection;
  /** Who answers on the connection. */
  readonly cache: CacheId;
  /** The name space of the cache's entries. */
  readonly generation: Generation;
  readonly leaseId: LeaseId;
  /** Until when it may be used, on this process's monotonic clock, in milliseconds. Each renewal moves it. */
  usableUntilMs: number;
}

/** The part of a lease that is not used: monotonic clocks may differ by a tenth in their rate. */
const MARGIN = 0.1;

/** @param sentAtMs taken before anything was sent for the lease: later, and others would grant it for less time */
export function usableUntil(sentAtMs: number, leaseMs: number): number {
  return sentAtMs + leaseMs * (1 - MARGIN);
}

/** Where the current binding is found. */
export interface BindingSource {
  /** The current binding, whether or not its lease still allows to use it. */
  current(): Binding | undefined;
  /** Whether this is the current binding and its lease allows to use it now. */
  isUsable(binding: Binding): boolean;
}
