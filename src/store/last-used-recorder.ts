import type { KeyHash } from '../core/api-key.ts';
import type { UseRecorder } from '../core/key-service.ts';
import type { KeyStore, KeyUse } from '../core/key-store.ts';

export interface LastUsedRecorderOptions {
  /** Longest time that a use waits to be stored, in milliseconds. */
  readonly flushIntervalMs: number;
  /** Most keys whose uses are remembered while the store is away; uses of further keys are dropped. */
  readonly maxPendingKeys: number;
  /** Told of a write that failed; its uses are tried again with the next one. */
  readonly onFlushFailed: (error: unknown) => void;
}

/** A {@link UseRecorder} that writes to a store in bulk. */
export interface LastUsedRecorder extends UseRecorder {
  /** Stores what is pending now, and stops. */
  close(): Promise<void>;
}

/** Coalesces the uses of each key in memory and writes them in bulk, so that a validation never waits for a write. */
export function createLastUsedRecorder(store: KeyStore, options: LastUsedRecorderOptions): LastUsedRecorder {
  let pending = new Map<KeyHash, KeyUse>();
  /** Being written: not pending any more, not stored yet. */
  let writing = new Map<KeyHash, KeyUse>();
  let timer: NodeJS.Timeout | undefined;
  let lastFlush: Promise<void> = Promise.resolve();

  function record(use: KeyUse): void {
    if (pending.size >= options.maxPendingKeys && !pending.has(use.hash)) return;
    pending.set(use.hash, use);
    timer ??= setTimeout(() => void flush(), options.flushIntervalMs);
  }

  /** One write at a time, so that `writing` is one batch. */
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
      await store.recordUses([...writing.values()]);
    } catch (error) {
      options.onFlushFailed(error);
      const newer = pending;
      pending = writing;
      for (const use of newer.values()) record(use);
      timer ??= setTimeout(() => void flush(), options.flushIntervalMs);
    } finally {
      writing = new Map();
    }
  }

  return {
    record,
    newest: (hash) => (pending.get(hash) ?? writing.get(hash))?.usedAt,
    async close() {
      await flush();
      clearTimeout(timer);
    },
  };
}
