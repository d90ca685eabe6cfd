import { HeldKey } from '../history/held-key.ts';
import type { Operation, Outcome, RefusalReason, Verdict } from '../history/history.ts';
import { bearer } from '../service/tokens.ts';
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

/** Longer than the service's own limits in the faults that are tried here. */
const TIMEOUT_MS = 15_000;

/** Makes a key, and records the call. An answer that does not come is an outcome, not an error. */
export async function generate(instance: Instance, merchantId: string): Promise<GenerateAnswer> {
  const { call, body } = await callRest(instance, 'POST', `/key/generate/${merchantId}`);
  const key = call.outcome === 'ok' ? String(body['key']) : undefined;
  instance.history.push({
    kind: 'generate',
    merchantId,
    keyId: key === undefined ? undefined : new HeldKey(key).id,
    ...call,
  });
  return { outcome: call.outcome, key };
}

/** Makes a key, and records the call. Throws when that fails. */
export async function makeKey(instance: Instance, merchantId: string): Promise<string> {
  const { outcome, key } = await generate(instance, merchantId);
  if (key === undefined) throw new Error(`generate on ${instance.name} ended with ${outcome}`);
  return key;
}

/** Revokes the merchant's key, and records the call. */
export async function revoke(instance: Instance, merchantId: string): Promise<RevokeAnswer> {
  const { call } = await callRest(instance, 'DELETE', `/key/revoke/${merchantId}`);
  instance.history.push({ kind: 'revoke', merchantId, ...call });
  return { outcome: call.outcome, durationMs: call.endMs - call.startMs };
}

/** Validates a key, and records the call. */
export async function validate(instance: Instance, apiKey: string): Promise<ValidateAnswer> {
  const { call, body } = await send(instance, '/iterapay.keys.v1.KeyService/Validate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiKey }),
  });
  const verdict = call.outcome === 'ok' ? toVerdict(body) : undefined;
  instance.history.push({ kind: 'validate', keyId: new HeldKey(apiKey).id, verdict, ...call });
  return {
    outcome: call.outcome,
    valid: verdict?.valid === true,
    reason: verdict?.valid === false ? `REASON_${verdict.reason}` : undefined,
  };
}

interface Answer {
  readonly call: Pick<Operation, 'instance' | 'startMs' | 'endMs' | 'outcome'>;
  readonly body: Readonly<Record<string, unknown>>;
}

async function callRest(instance: Instance, method: string, path: string): Promise<Answer> {
  return send(instance, path, { method, headers: { authorization: await bearer() } });
}

async function send(instance: Instance, path: string, init: RequestInit): Promise<Answer> {
  const startMs = performance.now();
  const ended = (outcome: Outcome, body: Answer['body'] = {}): Answer => {
    return { call: { instance: instance.name, startMs, endMs: performance.now(), outcome }, body };
  };
  try {
    const response = await fetch(`${instance.httpUrl}${path}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    const body = text === '' ? {} : (JSON.parse(text) as Answer['body']);
    return ended(response.ok ? 'ok' : String(body['code'] ?? response.status), body);
  } catch (error) {
    return ended(error instanceof Error && error.name === 'TimeoutError' ? 'deadline_exceeded' : 'lost');
  }
}

function toVerdict({ valid, merchantId, reason }: Answer['body']): Verdict {
  if (valid === true) return { valid, merchantId: String(merchantId) };
  return { valid: false, reason: String(reason).replace('REASON_', '') as RefusalReason };
}
