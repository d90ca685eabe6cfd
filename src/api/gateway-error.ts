import { ServiceError, toServiceError } from '../core/errors.ts';

/** The error that an HTTP gateway gets: it understands few, so what is not about its own token is `unavailable`. */
export function toGatewayError(thrown: unknown): ServiceError {
  const error = toServiceError(thrown);
  if (error.code === 'unauthenticated' || error.code === 'forbidden') return error;
  return new ServiceError('unavailable', 'The key could not be validated.', { cause: error });
}
