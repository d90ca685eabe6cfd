/**
 * A history: what callers of the service saw. All times are milliseconds of one monotonic clock, that of the one
 * process that made the calls: `startMs` was read before the call was sent, `endMs` after its answer had come.
 */
export type History = readonly Operation[];

export type Operation = Change | ValidateOperation;

/** What may end a merchant's active key. */
export type Change = GenerateOperation | RevokeOperation;

/** The beginning of the SHA-256 of a key: a history never holds a plaintext key. */
export type KeyId = string & { readonly __kind: 'KeyId' };

/**
 * How a call ended: `ok`; one of the service's stable codes; `lost`, when the connection was refused or broke; or
 * `deadline_exceeded`, when the caller gave up.
 */
export type Outcome = 'ok' | 'lost' | 'deadline_exceeded' | (string & {});

interface Call {
  /** The instance that was called. */
  readonly instance: string;
  readonly startMs: number;
  readonly endMs: number;
  /**
   * A change with any other outcome than `ok` may have had its effect, once, at any time after its start, also after
   * its end; or never.
   */
  readonly outcome: Outcome;
}

export interface GenerateOperation extends Call {
  readonly kind: 'generate';
  readonly merchantId: string;
  /** The key that was handed out. Undefined when the call failed: no caller knows the key then. */
  readonly keyId: KeyId | undefined;
}

export interface RevokeOperation extends Call {
  readonly kind: 'revoke';
  readonly merchantId: string;
}

export interface ValidateOperation extends Call {
  readonly kind: 'validate';
  readonly keyId: KeyId;
  /** Undefined when the call failed: no verdict then. */
  readonly verdict: Verdict | undefined;
}

/** The service's answer about a key; the request named no merchant. */
export type Verdict =
  | { readonly valid: true; readonly merchantId: string }
  | { readonly valid: false; readonly reason: RefusalReason };

export type RefusalReason = 'MALFORMED' | 'NOT_FOUND' | 'REVOKED' | 'MERCHANT_MISMATCH' | 'UNSPECIFIED';

/**
 * Whether the first call had certainly ended when the second one started. Equal times count as overlapping, in favour
 * of the service.
 */
export function precedes(first: Pick<Call, 'endMs'>, second: Pick<Call, 'startMs'>): boolean {
  return first.endMs < second.startMs;
}

/** One line for a reader: when, where, what, and the answer. */
export function describeOperation(operation: Operation): string {
  const { startMs, endMs, instance } = operation;
  return `[${startMs.toFixed(3)} … ${endMs.toFixed(3)} ms] on ${instance}: ${describeCall(operation)}`;
}

function describeCall(operation: Operation): string {
  switch (operation.kind) {
    case 'generate':
      return `Generate(${operation.merchantId}) → ${operation.keyId ?? operation.outcome}`;
    case 'revoke':
      return `Revoke(${operation.merchantId}) → ${operation.outcome}`;
    case 'validate':
      return `Validate(${operation.keyId}) → ${describeVerdict(operation)}`;
  }
}

function describeVerdict({ verdict, outcome }: ValidateOperation): string {
  if (verdict === undefined) return outcome;
  return verdict.valid ? `valid, ${verdict.merchantId}` : verdict.reason;
}
