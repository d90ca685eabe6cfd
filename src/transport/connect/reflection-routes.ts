import type { ConnectRouter } from '@connectrpc/connect';
import { REFLECTION_METHODS, type Reflection } from '../reflection/reflection.ts';

/**
 * Serves reflection (v1 and v1alpha) over Connect, gRPC-Web and gRPC.
 *
 * @param stopping ends the streams, which clients may leave open for ever
 */
export function addReflection(router: ConnectRouter, reflection: Reflection, stopping: AbortSignal): void {
  for (const descriptor of REFLECTION_METHODS) {
    router.rpc(descriptor, async function* (requests) {
      for await (const request of until(stopping, requests)) yield reflection.answer(request);
    });
  }
}

/** The same items, up to the one that is waited for when the signal is given. */
async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
