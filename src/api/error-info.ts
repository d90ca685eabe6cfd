import { create } from '@bufbuild/protobuf';
import { type ErrorInfo, ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import type { ErrorCode } from '../core/errors.ts';

/** The standard error detail (AIP-193): reason = the stable code in upper case, domain = the package. */
export function toErrorInfo(code: ErrorCode): ErrorInfo {
  return create(ErrorInfoSchema, { reason: code.toUpperCase(), domain: KeyService.file.proto.package });
}
