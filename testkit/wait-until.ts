import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Longest wait in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two attempts in milliseconds; 20 by default. */
  readonly intervalMs?: number;
}

/**
 * Tries until an attempt neither throws nor returns false, and resolves to its result. An attempt has to bound itself.
 *
 * @param what what is waited for, for the error's message
 * @throws Error after `timeoutMs`, with the last attempt's error as its cause
 */
export async function waitUntil<T>(
  what: string,
  attempt: () => T | false | Promise<T | false>,
  { timeoutMs, intervalMs = 20 }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== false) return result;
      if (performance.now() >= deadline) throw new Error('the condition does not hold');
    } catch (cause) {
      if (performance.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause });
    }
    await delay(intervalMs);
  }
}
