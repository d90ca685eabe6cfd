import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '../../../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../../gen/google/rpc/status_pb.js';
import { toErrorInfo } from '../../api/error-info.ts';
import { type ErrorCode, toServiceError } from '../../core/errors.ts';

/** gRPC's status of each stable code. */
const GRPC_STATUS: Readonly<Record<ErrorCode, status>> = {
  invalid_request: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  too_large: status.RESOURCE_EXHAUSTED,
  rate_limited: status.RESOURCE_EXHAUSTED,
  deadline: status.DEADLINE_EXCEEDED,
  unavailable: status.UNAVAILABLE,
  outcome_unknown: status.UNAVAILABLE,
  revocation_unconfirmed: status.UNAVAILABLE,
  internal: status.INTERNAL,
};

/** The status of anything that was thrown, with ErrorInfo in the trailer `grpc-status-details-bin`. */
export function toGrpcStatus(thrown: unknown): StatusObject {
  const { code: errorCode, message } = toServiceError(thrown);
  const code = GRPC_STATUS[errorCode];
  const details = create(StatusSchema, { code, message, details: [anyPack(ErrorInfoSchema, toErrorInfo(errorCode))] });
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, details)));
  return { code, details: message, metadata };
}
