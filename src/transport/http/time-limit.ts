import { ServiceError } from '../../core/errors.ts';

/**
 * Waits for `work` no longer than `limitMs` milliseconds; what it began still runs to its end.
 *
 * @param onLate called when the time is over first
 * @throws ServiceError `deadline` then
 */
export async function withTimeLimit<T>(work: Promise<T>, limitMs: number, onLate: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const late = () => {
      onLate();
      reject(new ServiceError('deadline', 'The request could not be answered in time.'));
    };
    timer = setTimeout(late, limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
