import { create, type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import {
  GenerateRequestSchema,
  GenerateResponseSchema,
  KeyService,
  Reason,
  RevokeRequestSchema,
  RevokeResponseSchema,
  ValidateRequestSchema,
  type ValidateResponse,
  ValidateResponseSchema,
} from '../../gen/iterapay/keys/v1/keys_pb.js';
import { HeldKey } from '../history/held-key.ts';
import type { Outcome, RefusalReason, Verdict } from '../history/history.ts';

/** A gRPC client of one instance. What goes wrong is an outcome; nothing rejects. */
export interface KeyClient {
  generate(merchantId: string, deadlineMs: number): Promise<{ outcome: Outcome; key: HeldKey | undefined }>;
  revoke(merchantId: string, deadlineMs: number): Promise<{ outcome: Outcome }>;
  validate(key: HeldKey, deadlineMs: number): Promise<{ outcome: Outcome; verdict: Verdict | undefined }>;
  close(): void;
}

/** A client of its own that reconnects quickly, so that an instance that comes back is used at once. */
const CHANNEL = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  // One call in the history is one call of the service.
  'grpc.enable_retries': 0,
};

/** @param address `host:port` of a gRPC port without TLS */
export function createKeyClient(address: string, token?: string): KeyClient {
  const client = new Client(address, credentials.createInsecure(), CHANNEL);
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);

  function call<I extends DescMessage, O extends DescMessage>(
    [method, input, output]: readonly [DescMethod, I, O],
    request: MessageShape<I>,
    deadlineMs: number,
  ): Promise<{ outcome: Outcome; response?: MessageShape<O> }> {
    const path = `/${method.parent.typeName}/${method.name}`;
    const encode = (message: MessageShape<I>) => Buffer.from(toBinary(input, message));
    const decode = (bytes: Buffer) => fromBinary(output, bytes);
    const options = { deadline: Date.now() + deadlineMs };
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, encode, decode, request, metadata, options, (error, response) => {
        if (error !== null) resolve({ outcome: outcomeOf(error) });
        else if (response === undefined) resolve({ outcome: 'lost' });
        else resolve({ outcome: 'ok', response });
      });
    });
  }

  return {
    async generate(merchantId, deadlineMs) {
      const { outcome, response } = await call(GENERATE, create(GenerateRequestSchema, { merchantId }), deadlineMs);
      return { outcome, key: response && new HeldKey(response.apiKey) };
    },
    async revoke(merchantId, deadlineMs) {
      const { outcome } = await call(REVOKE, create(RevokeRequestSchema, { merchantId }), deadlineMs);
      return { outcome };
    },
    async validate(key, deadlineMs) {
      const request = create(ValidateRequestSchema, { apiKey: key.reveal() });
      const { outcome, response } = await call(VALIDATE, request, deadlineMs);
      return { outcome, verdict: response && toVerdict(response) };
    },
    close: () => client.close(),
  };
}

const GENERATE = [KeyService.method.generate, GenerateRequestSchema, GenerateResponseSchema] as const;
const REVOKE = [KeyService.method.revoke, RevokeRequestSchema, RevokeResponseSchema] as const;
const VALIDATE = [KeyService.method.validate, ValidateRequestSchema, ValidateResponseSchema] as const;

function toVerdict({ valid, merchantId, reason }: ValidateResponse): Verdict {
  return valid ? { valid, merchantId } : { valid, reason: Reason[reason] as RefusalReason };
}

/** The service's own code where it answered; otherwise no service did. */
function outcomeOf({ code, metadata }: ServiceError): Outcome {
  const [details] = metadata?.get('grpc-status-details-bin') ?? [];
  if (Buffer.isBuffer(details)) {
    const [info] = fromBinary(StatusSchema, details).details;
    const reason = info && anyUnpack(info, ErrorInfoSchema)?.reason;
    if (reason !== undefined) return reason.toLowerCase();
  }
  return code === status.UNAVAILABLE ? 'lost' : (status[code]?.toLowerCase() ?? `${code}`);
}
