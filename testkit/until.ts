import { waitUntil } from './servers/wait-until.ts';

/**
 * Waits until the condition holds; an attempt that throws counts as one that does not hold.
 *
 * @param what what is waited for, for the error's message
 * @throws Error after `timeoutMs` milliseconds
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 20,
): Promise<void> {
  await waitUntil(
    what,
    async () => {
      if (!(await condition())) throw new Error('not yet');
    },
    { timeoutMs, intervalMs },
  );
}

/**
 * The promise's own outcome, or an error after `timeoutMs` milliseconds.
 *
 * @param what what is waited for, for the error's message
 */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
