import { ServiceError } from '../../core/errors.ts';

/**
 * Waits for `work` until the caller's time limit is over or the caller is gone. What it began still runs to its end.
 *
 * @throws ServiceError `deadline` when the signal comes first
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () =>
    reject(new ServiceError('deadline', 'The time limit of the call is over.', { cause: signal.reason }));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    // connect-node gives the signal after each answered call too: an error would be made, with its stack, for nothing.
    signal.removeEventListener('abort', abort);
  }
}
