import type { KeyHash } from './api-key.ts';
import type { KeyStore, KeyUse } from './key-store.ts';
import type { MerchantId } from './merchant-id.ts';

export interface LastUsedRecorderOptions {
  /** Longest time that a use waits to be stored, in milliseconds. */
  readonly flushIntervalMs: number;
  /** Most keys whose uses are remembered while the store is away; uses of further keys are dropped. */
  readonly maxPendingKeys: number;
  /** Is called when a write failed; its uses are tried again with the next one. */
  readonly onFlushFailed: (error: unknown) => void;
}

/** Remembers uses of keys until they are stored, in bulk. */
export interface LastUsedRecorder {
  /** Never waits and never fails. */
  record(hash: KeyHash, merchantId: MerchantId, usedAtMs: number): void;
  /** The newest use of the key that is not stored yet. */
  newest(hash: KeyHash): Date | undefined;
  /** Stores what is pending now, and stops. */
  close(): Promise<void>;
}

/** What is remembered of a key: changed in place, since it is touched by every validation. */
interface PendingUse {
  readonly merchantId: MerchantId;
  usedAtMs: number;
}

/** Coalesces the uses of each key in memory and writes them in bulk, so that a validation never waits for a write. */
export function createLastUsedRecorder(store: KeyStore, options: LastUsedRecorderOptions): LastUsedRecorder {
  let pending = new Map<KeyHash, PendingUse>();
  /** Being written: not pending any more, not stored yet. */
  let writing = new Map<KeyHash, PendingUse>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** One write at a time, so that `writing` is one batch. */
  let lastFlush: Promise<void> = Promise.resolve();

  function record(hash: KeyHash, merchantId: MerchantId, usedAtMs: number): void {
    const known = pending.get(hash);
    if (known !== undefined) known.usedAtMs = Math.max(known.usedAtMs, usedAtMs);
    else if (pending.size < options.maxPendingKeys) pending.set(hash, { merchantId, usedAtMs });
    if (timer === undefined) schedule();
  }

  function schedule(): void {
    if (!closed) timer = setTimeout(() => void flush(), options.flushIntervalMs);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    lastFlush = lastFlush.then(writePending);
    return lastFlush;
  }

  async function writePending(): Promise<void> {
    timer = undefined;
    if (pending.size === 0) return;
    writing = pending;
    pending = new Map();
    try {
      await store.recordUses([...writing].map(toKeyUse));
    } catch (error) {
      options.onFlushFailed(error);
      for (const [hash, { merchantId, usedAtMs }] of writing) record(hash, merchantId, usedAtMs);
    } finally {
      writing = new Map();
    }
  }

  function newest(hash: KeyHash): Date | undefined {
    // Both are asked: the clock may have stepped back since the write began.
    const usedAtMs = Math.max(pending.get(hash)?.usedAtMs ?? -Infinity, writing.get(hash)?.usedAtMs ?? -Infinity);
    return usedAtMs === -Infinity ? undefined : new Date(usedAtMs);
  }

  return {
    record,
    newest,
    async close() {
      closed = true;
      await flush();
    },
  };
}

function toKeyUse([hash, { merchantId, usedAtMs }]: readonly [KeyHash, PendingUse]): KeyUse {
  return { hash, merchantId, usedAt: new Date(usedAtMs) };
}
