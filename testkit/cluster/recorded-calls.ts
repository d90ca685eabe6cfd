import { HeldKey } from '../history/held-key.ts';
import type { Outcome } from '../history/history.ts';
import type { Instance } from './instance.ts';

export type { Outcome };

/** What Validate answered. */
export interface ValidateAnswer {
  readonly outcome: Outcome;
  readonly valid: boolean;
  /** `REASON_REVOKED` and so on; undefined when it is valid, or no verdict. */
  readonly reason: string | undefined;
}

export interface GenerateAnswer {
  readonly outcome: Outcome;
  /** Undefined when it failed. */
  readonly key: string | undefined;
}

export interface RevokeAnswer {
  readonly outcome: Outcome;
  readonly durationMs: number;
}

/** Makes a key, and records the call. An answer that does not come is an outcome, not an error. */
export async function generate(instance: Instance, merchantId: string): Promise<GenerateAnswer> {
  const { operation, key } = await instance.client.generate(merchantId);
  return { outcome: operation.outcome, key: key?.reveal() };
}

/** Makes a key, and records the call. Throws when that fails. */
export async function makeKey(instance: Instance, merchantId: string): Promise<string> {
  const { outcome, key } = await generate(instance, merchantId);
  if (key === undefined) throw new Error(`generate on ${instance.name} ended with ${outcome}`);
  return key;
}

/** Revokes the merchant's key, and records the call. */
export async function revoke(instance: Instance, merchantId: string): Promise<RevokeAnswer> {
  const { outcome, startMs, endMs } = await instance.client.revoke(merchantId);
  return { outcome, durationMs: endMs - startMs };
}

/** Validates a key, and records the call. */
export async function validate(instance: Instance, apiKey: string): Promise<ValidateAnswer> {
  const { outcome, verdict } = await instance.client.validate(new HeldKey(apiKey));
  return {
    outcome,
    valid: verdict?.valid === true,
    reason: verdict?.valid === false ? `REASON_${verdict.reason}` : undefined,
  };
}
