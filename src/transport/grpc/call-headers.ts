import type { IncomingHttpHeaders } from 'node:http2';
import { clampGrpcTimeout } from '../../api/call-timeout.ts';

/** Has no form that grpc-js reads, so that it refuses the call before its method runs. */
const UNREADABLE = 'malformed';

/**
 * Corrects what grpc-js would misunderstand in the headers of a call.
 *
 * - It takes the first digits of a malformed `grpc-timeout`, and beyond 2^31 ms its timer ends at once, while the
 *   method runs all the same.
 * - Node keeps the first of several `authorization` headers; it gets all of them, to be refused as on the HTTP port.
 */
export function correctCallHeaders(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
  const timeout = headers['grpc-timeout'];
  if (typeof timeout === 'string') headers['grpc-timeout'] = clampGrpcTimeout(timeout) ?? UNREADABLE;
  if (headers.authorization === undefined) return;
  const values = valuesOf('authorization', rawHeaders);
  if (values.length > 1) (headers as Record<string, unknown>)['authorization'] = values;
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1] === name);
}
