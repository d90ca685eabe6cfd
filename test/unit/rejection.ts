import { AssertionError } from 'chai';

/** What a promise was rejected with; the test fails when it was not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (reason) {
    return reason;
  }
  throw new AssertionError(`expected a rejection, and it was resolved to ${String(value)}`);
}
