import { create } from '@bufbuild/protobuf';
import { type ServerWritableStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import {
  type HealthCheckRequest,
  HealthCheckResponseSchema,
  Health as HealthDescriptor,
  HealthListResponseSchema,
} from '../../../gen/grpc/health/v1/health_pb.js';
import { type Health, ServingStatus } from '../../api/health.ts';
import { createMessageCodec } from './message-codec.ts';

/** The path of the calls that last until their client has seen enough. */
export const HEALTH_WATCH_PATH = `/${HealthDescriptor.typeName}/${HealthDescriptor.method.watch.name}`;

type Callback = (error: { code: status; details: string } | null, response?: Buffer) => void;

/** Serves the health over grpc-js. */
export function toHealthImplementation(health: Health): UntypedServiceImplementation {
  const { check, list, watch } = HealthDescriptor.method;
  const [checkCodec, listCodec, watchCodec] = [
    createMessageCodec(check),
    createMessageCodec(list),
    createMessageCodec(watch),
  ];
  const toResponse = (serving: ServingStatus) => create(HealthCheckResponseSchema, { status: serving });

  return {
    check({ request }: { request: Buffer }, callback: Callback) {
      const service = readService(checkCodec.decode, request);
      const serving = service === undefined ? undefined : health.statusOf(service);
      if (service === undefined) callback(MALFORMED);
      else if (serving === undefined) callback(UNKNOWN_SERVICE);
      else callback(null, checkCodec.encode(toResponse(serving)));
    },

    list(_call: unknown, callback: Callback) {
      const statuses = health.services.map((name) => [
        name,
        toResponse(health.statusOf(name) ?? ServingStatus.UNKNOWN),
      ]);
      callback(null, listCodec.encode(create(HealthListResponseSchema, { statuses: Object.fromEntries(statuses) })));
    },

    watch(call: ServerWritableStream<Buffer, Buffer>) {
      const service = readService(watchCodec.decode, call.request);
      if (service === undefined) return void call.emit('error', MALFORMED);
      const write = (serving: ServingStatus) => void call.write(watchCodec.encode(toResponse(serving)));
      const stop = health.watch(service, write);
      if (stop === undefined) {
        // The library would remember every name that was ever asked for (https://github.com/grpc/grpc-node/issues/2975
        // shows such growth), and a name that is unknown now stays so.
        write(ServingStatus.SERVICE_UNKNOWN);
        call.end();
      } else {
        for (const event of ['cancelled', 'close', 'error']) call.once(event, stop);
      }
    },
  };
}

const MALFORMED = { code: status.INVALID_ARGUMENT, details: 'The request is not a valid HealthCheckRequest.' };
const UNKNOWN_SERVICE = { code: status.NOT_FOUND, details: 'The server does not have this service.' };

/** Undefined where the bytes are not a request. */
function readService(decode: (bytes: Buffer) => HealthCheckRequest, bytes: Buffer): string | undefined {
  try {
    return decode(bytes).service;
  } catch {
    return undefined;
  }
}
