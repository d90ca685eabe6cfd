import { once } from 'node:events';
import type { KeyHash } from '../../src/core/api-key.ts';
import type { KeyUse } from '../../src/core/key-store.ts';
import { createLastUsedRecorder, type LastUsedRecorderOptions } from '../../src/core/last-used-recorder.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import { createKeyStoreDouble } from './key-store-double.ts';

export const M1 = 'm1' as MerchantId;
export const H1 = 'hash 1' as KeyHash;
export const H2 = 'hash 2' as KeyHash;
export const H3 = 'hash 3' as KeyHash;

/** So long that only `close` flushes. */
const NEVER_MS = 3_600_000;

export function use(hash: KeyHash, usedAtMs: number): KeyUse {
  return { hash, merchantId: M1, usedAt: new Date(usedAtMs) };
}

/** A recorder on a store whose writes wait, each for its own call of `finish`. */
export function createRecorderWorld(options: Partial<LastUsedRecorderOptions> = {}) {
  const store = createKeyStoreDouble();
  const failures: unknown[] = [];
  const writes = new EventTarget();
  const unfinished: PromiseWithResolvers<void>[] = [];
  let held = false;
  const heldStore = {
    ...store,
    async recordUses(uses: readonly KeyUse[]) {
      const write = Promise.withResolvers<void>();
      unfinished.push(write);
      if (!held) write.resolve();
      writes.dispatchEvent(new Event('began'));
      const outcome = await write.promise.then(
        () => undefined,
        (error: Error) => error,
      );
      store.failure = outcome;
      await store.recordUses(uses);
    },
  };
  const recorder = createLastUsedRecorder(heldStore, {
    flushIntervalMs: NEVER_MS,
    maxPendingKeys: 100,
    onFlushFailed: (error) => failures.push(error),
    ...options,
  });
  return {
    recorder,
    recorded: store.recorded,
    failures,
    /** Makes the writes from now on wait. */
    hold: () => {
      held = true;
    },
    /** Resolves when a write that begins from now on has begun. */
    nextWrite: () => once(writes, 'began'),
    /** Ends the write that began last. */
    finish: (error?: Error) => {
      const write = unfinished.at(-1);
      if (error === undefined) write?.resolve();
      else write?.reject(error);
    },
  };
}
