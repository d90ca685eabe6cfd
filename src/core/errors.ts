/** The stable codes of every error that a caller can meet. Each transport has one table from code to its own status. */
export const ERROR_CODES = [
  'invalid_request',
  'unauthenticated',
  'forbidden',
  'not_found',
  'too_large',
  'rate_limited',
  'deadline',
  'unavailable',
  'outcome_unknown',
  'revocation_unconfirmed',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * An error with a stable code and a message made for the caller. What went wrong inside is the cause: it goes to the
 * log and never to the caller.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a store throws when a change may have happened. */
export function outcomeUnknown(cause: unknown): ServiceError {
  return new ServiceError(
    'outcome_unknown',
    'The change may or may not have happened. Repeating is safe: Revoke confirms, Generate makes another key.',
    { cause },
  );
}

/** The error to show for anything that was thrown: a foreign one is `internal`, and its own text stays inside. */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  return new ServiceError('internal', 'The service failed to handle the request; its log says why.', { cause: thrown });
}
