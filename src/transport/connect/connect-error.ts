import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '../../../gen/google/rpc/error_details_pb.js';
import { toErrorInfo } from '../../api/error-info.ts';
import { type ErrorCode, toServiceError } from '../../core/errors.ts';

/** Connect's code of each stable code. */
const CONNECT_CODE: Readonly<Record<ErrorCode, Code>> = {
  invalid_request: Code.InvalidArgument,
  unauthenticated: Code.Unauthenticated,
  forbidden: Code.PermissionDenied,
  not_found: Code.NotFound,
  too_large: Code.ResourceExhausted,
  rate_limited: Code.ResourceExhausted,
  deadline: Code.DeadlineExceeded,
  unavailable: Code.Unavailable,
  outcome_unknown: Code.Unavailable,
  revocation_unconfirmed: Code.Unavailable,
  internal: Code.Internal,
};

/** The Connect error of anything that was thrown, with ErrorInfo as its detail. */
export function toConnectError(thrown: unknown): ConnectError {
  const { code, message } = toServiceError(thrown);
  // RFC 9110 section 15.5.2: a 401 names the scheme that is wanted.
  const metadata = code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : undefined;
  return new ConnectError(message, CONNECT_CODE[code], metadata, [{ desc: ErrorInfoSchema, value: toErrorInfo(code) }]);
}
