import { ServiceError } from '../core/errors.ts';
import type { HttpRequest } from './request.ts';

/**
 * Reads a body to its end and forgets it.
 *
 * @throws ServiceError `too_large` as soon as more than `maxBytes` are announced or have come
 */
export async function discardBody(request: HttpRequest, maxBytes: number): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let received = 0;
  try {
    // Without `destroyOnReturn` leaving the loop would destroy the connection that the answer has to take.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      received += (chunk as Buffer).length;
      if (received > maxBytes) throw tooLarge(maxBytes);
    }
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('invalid_request', 'The request body did not arrive whole.', { cause: error });
  }
}

function tooLarge(maxBytes: number): ServiceError {
  return new ServiceError('too_large', `The request body is larger than ${maxBytes} bytes.`);
}
