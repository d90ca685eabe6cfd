import type { KeyId, Operation, Outcome, Verdict } from '../../testkit/history/history.ts';

/** From when to when a call lasted, in milliseconds. */
export type Times = readonly [startMs: number, endMs: number];

/** Writes histories of the merchant `m` by hand. */
export function generate(keyId: string, [startMs, endMs]: Times): Operation {
  return { kind: 'generate', instance: 'a', merchantId: 'm', startMs, endMs, outcome: 'ok', keyId: keyId as KeyId };
}

export function failedGenerate([startMs, endMs]: Times, outcome: Outcome = 'lost'): Operation {
  return { kind: 'generate', instance: 'a', merchantId: 'm', startMs, endMs, outcome, keyId: undefined };
}

export function revoke([startMs, endMs]: Times, outcome: Outcome = 'ok'): Operation {
  return { kind: 'revoke', instance: 'a', merchantId: 'm', startMs, endMs, outcome };
}

export function valid(keyId: string, times: Times, merchantId = 'm'): Operation {
  return validate(keyId, times, { valid: true, merchantId });
}

export function refused(keyId: string, times: Times, reason: RefusedFor = 'REVOKED'): Operation {
  return validate(keyId, times, { valid: false, reason });
}

export function unanswered(keyId: string, times: Times, outcome: Outcome = 'lost'): Operation {
  return { ...validate(keyId, times, undefined), outcome };
}

type RefusedFor = Extract<Verdict, { valid: false }>['reason'];

function validate(keyId: string, [startMs, endMs]: Times, verdict: Verdict | undefined): Operation {
  return { kind: 'validate', instance: 'b', keyId: keyId as KeyId, startMs, endMs, outcome: 'ok', verdict };
}
