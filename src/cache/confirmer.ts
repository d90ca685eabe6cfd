import type { KeyHash } from '../core/api-key.ts';
import { ServiceError } from '../core/errors.ts';
import type { MerchantId } from '../core/merchant-id.ts';
import type { HolderRegistry, PendingInvalidations, RegisteredHolder } from '../core/revocation.ts';
import type { BindingHolder } from './binding.ts';
import type { CacheObserver } from './cache-observer.ts';
import { invalidate } from './invalidation.ts';
import type { LeaseWatch } from './lease-watch.ts';
import { createPause } from './pause.ts';

/** Waits until no cache can call a retired key valid any more. */
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
  readonly registry: HolderRegistry;
  readonly pending: PendingInvalidations;
  readonly bindings: BindingHolder;
  readonly leaseWatch: LeaseWatch;
  readonly observer: CacheObserver;
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two looks at the authority, in milliseconds. */
  readonly pollMs: number;
}

/** An entry that a holder has not acknowledged yet. */
interface Open {
  readonly holder: RegisteredHolder;
  readonly hash: KeyHash;
}

export function createConfirmer(options: ConfirmerOptions): Confirmer {
  const { registry, pending, bindings, leaseWatch, observer, timeoutMs, pollMs } = options;
  const pause = createPause();
  let stopped = false;

  async function confirm(merchantId: MerchantId, hashes: readonly KeyHash[], deadlineMs: number, onWait: () => void) {
    // After the commit: a holder that registers later finds the key retired when it fills its first entry.
    let open = await retry(deadlineMs, async () => {
      const registered = await registry.read();
      return registered.flatMap((holder) => hashes.map((hash): Open => ({ holder, hash })));
    });
    for (;;) {
      open = await withoutAcknowledged(open);
      if (open.length === 0) break;
      onWait();
      await waitOrGiveUp(deadlineMs);
      open = await retry(deadlineMs, () => stillOpen(merchantId, open));
    }
    await pending.confirm(merchantId, hashes).catch((error: unknown) => {
      // Every holder has acknowledged or left: only the note remains, and a sweeper will remove it.
      observer.failedInBackground('removing a confirmed entry', error);
    });
  }

  /** Invalidates what this instance reaches itself. */
  async function withoutAcknowledged(open: readonly Open[]): Promise<Open[]> {
    const acknowledged = await Promise.all(
      open.map(({ holder, hash }) => invalidate(holder, hash, bindings).catch(() => false)),
    );
    return open.filter((_, index) => !acknowledged[index]);
  }

  /** Pending entries first, then the registry: as in the sweeper. */
  async function stillOpen(merchantId: MerchantId, open: readonly Open[]): Promise<Open[]> {
    const entries = await pending.listOf(merchantId);
    const registered = await registry.read();
    await leaseWatch.observe(registered);
    return open.filter(
      ({ holder, hash }) =>
        registered.some(({ generation }) => generation === holder.generation) &&
        entries.some((entry) => entry.hash === hash && !entry.acknowledgedBy.has(holder.generation)),
    );
  }

  /** Tries again while the authority does not answer. */
  async function retry<T>(deadlineMs: number, attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await waitOrGiveUp(deadlineMs, error);
      }
    }
  }

  async function waitOrGiveUp(deadlineMs: number, cause?: unknown): Promise<void> {
    if (!stopped && performance.now() + pollMs < deadlineMs) await pause.wait(pollMs);
    else throw unconfirmed(cause);
    if (stopped) throw unconfirmed(cause);
  }

  return {
    async confirm(merchantId, hashes) {
      if (hashes.length === 0) return;
      const startedAtMs = performance.now();
      let waited = false;
      const onWait = () => {
        if (!waited) observer.confirmationWaits();
        waited = true;
      };
      const ended = (outcome: 'confirmed' | 'unconfirmed') =>
        observer.confirmationEnded(outcome, (performance.now() - startedAtMs) / 1000, waited);
      try {
        await confirm(merchantId, hashes, startedAtMs + timeoutMs, onWait);
        ended('confirmed');
      } catch (error) {
        ended('unconfirmed');
        throw error;
      }
    },
    stop() {
      stopped = true;
      pause.end();
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
