import {
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import type { ServiceError as GrpcError } from '@grpc/grpc-js';
import { type ErrorInfo, ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';

export interface RpcCallOptions {
  /** Values of the header or metadata `authorization`. */
  readonly authorization?: string | undefined;
  /** The call's time limit in milliseconds. */
  readonly timeoutMs?: number;
}

/** A client of the service, whatever its protocol. */
export interface RpcClient {
  /** Throws {@link RpcFailure} for every error that the client saw. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: RpcCallOptions,
  ): Promise<MessageShape<O>>;
  close(): void;
}

/** What a client saw of a call that failed: the same for every protocol. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  /** The name of gRPC's status, as `NOT_FOUND`. */
  readonly status: string;
  readonly errorInfos: readonly Pick<ErrorInfo, 'reason' | 'domain'>[];

  constructor(code: Code, message: string, errorInfos: readonly ErrorInfo[]) {
    super(message);
    this.status = (Code[code] ?? `status ${code}`).replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
    this.errorInfos = errorInfos.map(({ reason, domain }) => ({ reason, domain }));
  }

  static fromConnect(thrown: unknown): RpcFailure {
    const error = ConnectError.from(thrown);
    return new RpcFailure(error.code, error.rawMessage, error.findDetails(ErrorInfoSchema));
  }

  /** Connect's codes are gRPC's numbers. */
  static fromGrpc({ code, details, metadata }: GrpcError): RpcFailure {
    const infos = metadata.get('grpc-status-details-bin').flatMap((value) => {
      const status = fromBinary(StatusSchema, value as Buffer);
      if ((status.code as number) !== (code as number)) throw new Error('the details are of another status');
      return status.details.map((detail) => anyUnpack(detail, ErrorInfoSchema)).filter((info) => info !== undefined);
    });
    return new RpcFailure(code as number, details, infos);
  }
}

/** The failure of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<RpcFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcFailure) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}
