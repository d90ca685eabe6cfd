import { setTimeout as delay } from 'node:timers/promises';
import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Health as HealthDescriptor } from '../../../gen/grpc/health/v1/health_pb.js';
import { KeyService } from '../../../gen/iterapay/keys/v1/keys_pb.js';
import { createHealth } from '../../api/health.ts';
import type { KeyServiceMethods } from '../../api/key-service-methods.ts';
import { listMethods } from '../../api/method-list.ts';
import { boundConnections } from '../connection/bounded-connections.ts';
import type { ConnectionObserver } from '../connection/connection-observer.ts';
import { guardHttp2, type Http2Guard } from '../connection/http2-guard.ts';
import { type Http2Limits, toServerOptions } from '../connection/http2-limits.ts';
import { ListenError, type Listener } from '../listener.ts';
import { createReflection } from '../reflection/reflection.ts';
import { correctCallHeaders } from './call-headers.ts';
import { HEALTH_WATCH_PATH, toHealthImplementation } from './health-service.ts';
import { answerLateCall } from './late-call.ts';
import { createMessageCodec } from './message-codec.ts';
import { addReflection } from './reflection-service.ts';
import { internalsOf } from './server-internals.ts';
import { toServiceDefinition, toUnaryHandler } from './service-definition.ts';
import { validateCodec } from './validate-codec.ts';

export interface GrpcListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxMessageBytes: number;
  /** Most connections at once. */
  readonly maxConnections: number;
  readonly limits: Http2Limits;
  readonly observer: ConnectionObserver;
}

/** Time for the last answers to leave, and for streams that never end by themselves (reflection, health watches). */
const LAST_ANSWERS_MS = 250;

/**
 * Serves gRPC with reflection and health.
 *
 * @throws ListenError
 */
export async function listenGrpc(methods: KeyServiceMethods, options: GrpcListenerOptions): Promise<Listener> {
  // What it has to say is thrown too; on standard error it would be a second line beside ours.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    // Its statistics are not read; they grow with each connection, and cost every call a few objects.
    'grpc.enable_channelz': 0,
  });
  const health = createHealth([KeyService.typeName]);
  const running = trackRunning();
  const aborted = Promise.withResolvers<void>();
  server.addService(toServiceDefinition(KeyService), toImplementation(methods, running.begin));
  server.addService(toServiceDefinition(HealthDescriptor), toHealthImplementation(health));
  addReflection(server, createReflection([KeyService, HealthDescriptor]));
  const { port, guards } = await bindWithinLimits(server, options);

  return {
    port,
    async drain() {
      health.stopServing();
      const shutDown = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      // grpc-js never calls back when a connection is just being destroyed, so nothing may wait for that alone.
      await Promise.race([shutDown, aborted.promise, running.idle().then(() => delay(LAST_ANSWERS_MS))]);
      server.forceShutdown();
      for (const guard of guards) guard.destroy();
      for (const guard of guards) guard.stop();
    },
    abort() {
      server.forceShutdown();
      for (const guard of guards) guard.destroy();
      aborted.resolve();
    },
  };
}

async function bindWithinLimits(server: Server, options: GrpcListenerOptions) {
  const { limits, observer, maxConnections } = options;
  const { commonServerOptions, http2Servers } = internalsOf(server);
  Object.assign(commonServerOptions, toServerOptions(limits));
  const port = await bind(server, options);
  const guards = [...http2Servers.keys()].map((http2Server): Http2Guard => {
    boundConnections(http2Server, maxConnections, observer);
    return guardHttp2(http2Server, {
      limits,
      observer,
      isUnlimited: (path) => path === HEALTH_WATCH_PATH,
      onHeaders: correctCallHeaders,
      answerLate: answerLateCall,
    });
  });
  return { port, guards };
}

function toImplementation(methods: KeyServiceMethods, onCall: () => () => void): UntypedServiceImplementation {
  const handlers = listMethods(methods).map((served) => {
    const { descriptor } = served;
    const codec = descriptor === KeyService.method.validate ? validateCodec : createMessageCodec(descriptor);
    return [descriptor.localName, toUnaryHandler(served, codec, onCall)];
  });
  return Object.fromEntries(handlers);
}

function bind(server: Server, { host, port }: GrpcListenerOptions): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error) reject(new ListenError('GRPC_PORT', host, port, error));
      else resolve(boundPort);
    });
  });
}

/** Counts the calls that run. */
function trackRunning() {
  let running = 0;
  let whenIdle: (() => void) | undefined;

  function end(): void {
    running--;
    if (running === 0) whenIdle?.();
  }

  return {
    begin: () => {
      running++;
      return end;
    },
    idle: () =>
      new Promise<void>((resolve) => {
        whenIdle = resolve;
        if (running === 0) resolve();
      }),
  };
}
