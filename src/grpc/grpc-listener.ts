import { setTimeout as delay } from 'node:timers/promises';
import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { ListenError, type Listener } from '../listener.ts';
import { reflectedPackage } from '../rpc/descriptor-set.ts';
import type { KeyServiceMethods } from '../rpc/key-service-methods.ts';
import type { AnyMethod } from '../rpc/method.ts';
import { createMessageCodec } from './message-codec.ts';
import { toServiceDefinition, toUnaryHandler } from './service-definition.ts';
import { validateCodec } from './validate-codec.ts';

export interface GrpcListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxMessageBytes: number;
}

/** The names that the health service knows (gRPC health checking protocol): the whole server, and the service. */
const HEALTH_NAMES = ['', KeyService.typeName];

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
  const server = new Server({ 'grpc.max_receive_message_length': options.maxMessageBytes });
  const health = new HealthImplementation(Object.fromEntries(HEALTH_NAMES.map((name) => [name, 'SERVING'])));
  const running = trackRunning();
  const aborted = Promise.withResolvers<void>();
  server.addService(toServiceDefinition(KeyService), toImplementation(methods, running.begin));
  new ReflectionService(reflectedPackage()).addToServer(server);
  health.addToServer(server);
  const port = await bind(server, options);

  return {
    port,
    async drain() {
      for (const name of HEALTH_NAMES) health.setStatus(name, 'NOT_SERVING');
      const shutDown = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      // grpc-js never calls back when a connection is just being destroyed, so nothing may wait for that alone.
      await Promise.race([shutDown, aborted.promise, running.idle().then(() => delay(LAST_ANSWERS_MS))]);
      server.forceShutdown();
    },
    abort() {
      server.forceShutdown();
      aborted.resolve();
    },
  };
}

function toImplementation(methods: KeyServiceMethods, onCall: () => () => void): UntypedServiceImplementation {
  const handlers = KeyService.methods.map((descriptor) => [
    descriptor.localName,
    toUnaryHandler(
      descriptor,
      methods[descriptor.localName as keyof KeyServiceMethods] as AnyMethod,
      descriptor === KeyService.method.validate ? validateCodec : createMessageCodec(descriptor),
      onCall,
    ),
  ]);
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
