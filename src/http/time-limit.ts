import { ServiceError } from '../core/errors.ts';

/** Waits for `work` no longer than `limitMs` milliseconds; what it began still runs to its end. */
export async function withTimeLimit<T>(
  work: Promise<T>,
  limitMs: number,
  createError: () => ServiceError = () => new ServiceError('deadline', 'The request could not be answered in time.'),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(createError()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
