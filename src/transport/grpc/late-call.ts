import { constants, type ServerHttp2Stream } from 'node:http2';
import { ServiceError } from '../../core/errors.ts';
import { toGrpcStatus } from './status.ts';

/** Answers a call whose request has not arrived in time, which grpc-js would wait for without limit. */
export function answerLateCall(stream: ServerHttp2Stream): void {
  const { code, details, metadata } = toGrpcStatus(new ServiceError('deadline', 'The request did not arrive in time.'));
  stream.respond(
    {
      [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
      'grpc-status': String(code),
      'grpc-message': encodeURIComponent(details),
      ...metadata.toHttp2Headers(),
    },
    { endStream: true },
  );
}
