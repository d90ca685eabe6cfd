import type { KeyHash } from '../core/api-key.ts';
import type { MonotonicClock } from '../core/clock.ts';
import { ServiceError } from '../core/errors.ts';
import type { MerchantId } from '../core/merchant-id.ts';
import type { PendingInvalidations } from './authority.ts';
import type { BindingSource } from './binding.ts';
import type { CacheObserver } from './cache-observer.ts';
import type { CacheRegistry, RegisteredCache } from './cache-registry.ts';
import { invalidate } from './invalidation.ts';
import type { LeaseExpiry } from './lease-expiry.ts';

/** Waits until no cache can call a revoked key valid any more. */
export interface Confirmer {
  /**
   * Confirms pending entries of a merchant: those that a commit's own answer showed.
   *
   * @throws ServiceError `revocation_unconfirmed` when that was not possible in time
   */
  confirm(merchantId: MerchantId, hashes: readonly KeyHash[]): Promise<void>;
  /** Ends the waits that are under way, and lets none begin: what cannot be confirmed at once is unconfirmed. */
  stop(): void;
}

export interface ConfirmerOptions {
  readonly registry: CacheRegistry;
  readonly pending: PendingInvalidations;
  readonly bindings: BindingSource;
  readonly leaseExpiry: LeaseExpiry;
  readonly clock: MonotonicClock;
  readonly observer: CacheObserver;
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two looks at the authority, in milliseconds. */
  readonly pollMs: number;
}

/** An entry that a cache has not acknowledged yet. */
interface UnacknowledgedEntry {
  readonly cache: RegisteredCache;
  readonly hash: KeyHash;
}

export function createConfirmer(options: ConfirmerOptions): Confirmer {
  const { registry, pending, bindings, leaseExpiry, clock, observer, timeoutMs, pollMs } = options;
  const stopping = new AbortController();

  async function confirm(merchantId: MerchantId, hashes: readonly KeyHash[], deadlineMs: number, onWait: () => void) {
    // After the commit: a cache that registers later finds the key revoked when it fills its first entry.
    let remaining = await retry(deadlineMs, async () => {
      const registered = await registry.read();
      return registered.flatMap((cache) => hashes.map((hash): UnacknowledgedEntry => ({ cache, hash })));
    });
    for (;;) {
      remaining = await invalidateReachable(remaining);
      if (remaining.length === 0) break;
      onWait();
      await waitOrGiveUp(deadlineMs);
      const unacknowledged = remaining;
      remaining = await retry(deadlineMs, () => stillUnacknowledged(merchantId, unacknowledged));
    }
    await pending.confirm(merchantId, hashes).catch((error: unknown) => {
      // Every cache has acknowledged or left: only the note remains, and a sweeper will remove it.
      observer.failedInBackground('removing a confirmed entry', error);
    });
  }

  /** Invalidates what this instance reaches itself, and returns the others. */
  async function invalidateReachable(entries: readonly UnacknowledgedEntry[]): Promise<UnacknowledgedEntry[]> {
    const acknowledged = await Promise.all(
      entries.map(({ cache, hash }) => invalidate(cache, hash, bindings).catch(() => false)),
    );
    return entries.filter((_, index) => !acknowledged[index]);
  }

  /** Pending entries first, then the registry: as in the sweeper. */
  async function stillUnacknowledged(
    merchantId: MerchantId,
    entries: readonly UnacknowledgedEntry[],
  ): Promise<UnacknowledgedEntry[]> {
    const listed = await pending.listOf(merchantId);
    const registered = await registry.read();
    await leaseExpiry.expire(registered);
    return entries.filter(
      ({ cache, hash }) =>
        registered.some(({ generation }) => generation === cache.generation) &&
        listed.some((entry) => entry.hash === hash && !entry.acknowledgedBy.has(cache.generation)),
    );
  }

  /** Tries again while the authority does not answer; an error of this program would only come again. */
  async function retry<T>(deadlineMs: number, attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        await waitOrGiveUp(deadlineMs, error);
      }
    }
  }

  async function waitOrGiveUp(deadlineMs: number, cause?: unknown): Promise<void> {
    if (clock.nowMs() + pollMs >= deadlineMs) throw unconfirmed(cause);
    await clock.sleep(pollMs, stopping.signal);
    if (stopping.signal.aborted) throw unconfirmed(cause);
  }

  return {
    async confirm(merchantId, hashes) {
      if (hashes.length === 0) return;
      const startedAtMs = clock.nowMs();
      let waited = false;
      const onWait = () => {
        if (!waited) observer.confirmationWaits();
        waited = true;
      };
      const ended = (outcome: 'confirmed' | 'unconfirmed') =>
        observer.confirmationEnded(outcome, (clock.nowMs() - startedAtMs) / 1000, waited);
      try {
        await confirm(merchantId, hashes, startedAtMs + timeoutMs, onWait);
        ended('confirmed');
      } catch (error) {
        ended('unconfirmed');
        throw error;
      }
    },
    stop() {
      stopping.abort();
    },
  };
}

function unconfirmed(cause: unknown): ServiceError {
  return new ServiceError(
    'revocation_unconfirmed',
    'The old key is revoked, but it is not yet confirmed that every cache has forgotten it. Repeating is safe: Revoke ' +
      'confirms, Generate makes another key.',
    { cause },
  );
}
