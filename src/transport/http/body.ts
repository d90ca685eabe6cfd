import { ServiceError } from '../../core/errors.ts';
import type { HttpRequest } from './request.ts';

export interface BodyLimits {
  /** Most bytes that a body may have. */
  readonly maxBytes: number;
  /** Longest time for all of it to arrive, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Reads a body to its end. Its pieces are kept as they come and joined once, so that a body in many small pieces costs
 * no more than one in a few.
 *
 * @throws ServiceError `too_large` as soon as more is announced or has come than may; `deadline` when the rest does not
 *   come in time; `invalid_request` when it does not come at all
 */
export async function readBody(request: HttpRequest, limits: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await receive(request, limits, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks);
}

/** Reads a body to its end and forgets it. Throws as {@link readBody} does. */
export async function discardBody(request: HttpRequest, limits: BodyLimits): Promise<void> {
  await receive(request, limits, () => undefined);
}

/** The pieces of a body. Whoever stops reading leaves the connection whole: the answer has to take it. */
export function piecesOf(request: HttpRequest): AsyncIterableIterator<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
}

async function receive(
  request: HttpRequest,
  { maxBytes, timeoutMs }: BodyLimits,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks = piecesOf(request);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), timeoutMs);
  let received = 0;
  try {
    for (;;) {
      const { value, done } = await Promise.race([nextChunk(chunks), late]);
      if (done === true) return;
      received += value.length;
      if (received > maxBytes) throw tooLarge(maxBytes);
      onChunk(value);
    }
  } finally {
    clearTimeout(timer);
    // Not waited for: while a piece is awaited that never comes, it would not end.
    chunks.return?.().catch(() => undefined);
  }
}

async function nextChunk(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  try {
    return await chunks.next();
  } catch (cause) {
    throw new ServiceError('invalid_request', 'The request body did not arrive whole.', { cause });
  }
}

function tooLarge(maxBytes: number): ServiceError {
  return new ServiceError('too_large', `The request body is larger than ${maxBytes} bytes.`);
}

function tooSlow(): ServiceError {
  return new ServiceError('deadline', 'The request did not arrive in time.');
}
