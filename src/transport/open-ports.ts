import type { KeyServiceMethods } from '../api/key-service-methods.ts';
import type { AccessControl } from '../auth/access-control.ts';
import { type Config, ConfigError } from '../config/config.ts';
import type { KeyFormat } from '../core/api-key.ts';
import { listenAdmin } from '../ops/admin-listener.ts';
import { createConnectionWatch } from '../ops/connection-watch.ts';
import type { Log } from '../ops/log.ts';
import type { Metrics } from '../ops/metrics.ts';
import { createConnectHandler } from './connect/connect-handler.ts';
import { maxConnectionsWithinDescriptors } from './connection/descriptor-limit.ts';
import type { Http2Limits } from './connection/http2-limits.ts';
import { isLoopback } from './connection/loopback.ts';
import { listenGrpc } from './grpc/grpc-listener.ts';
import { listenHttp } from './http/http-listener.ts';
import type { HttpHandler } from './http/request.ts';
import type { Listener } from './listener.ts';
import { addGatewayValidate } from './rest/gateway-validate.ts';
import { createHttpRefusals, guardRequests } from './rest/malformed-requests.ts';
import { createToProblem, type ToProblem } from './rest/problem-details.ts';
import { createRestHandler } from './rest/rest-handler.ts';

/** What the ports serve. */
export interface Served {
  readonly methods: KeyServiceMethods;
  readonly accessControl: AccessControl;
  readonly keyFormat: KeyFormat;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Given when the service is about to stop: streams end then. */
  readonly stopping: AbortSignal;
  /** Resolves when the service can take calls; rejects with the reason when it cannot. */
  readonly checkReady: () => Promise<void>;
}

/** The ports that the system chose where the configuration left it to it. */
export interface Ports {
  readonly http: number;
  readonly grpc: number;
  readonly admin: number;
}

/** Most connections of a port where nothing is configured. */
const DEFAULT_MAX_CONNECTIONS = 4096;
/** Shortest time between two PINGs unless a shorter one is configured, in milliseconds. */
const MIN_PING_INTERVAL_MS = 5_000;
/** Attempts of the MongoDB driver that a change may take before it waits for its confirmation, and some time to spare. */
const ATTEMPTS_OF_A_CHANGE = 4;

/**
 * Listens on the three ports.
 *
 * @param onListening called with each listener as soon as it listens, so that it can be ended where a later one fails
 * @throws ConfigError, ListenError
 */
export async function openPorts(
  config: Config,
  served: Served,
  onListening: (listener: Listener) => void,
): Promise<Ports> {
  const { metrics, checkReady, methods } = served;
  const { host, adminHost, httpPort, grpcPort, adminPort, requestMaxBytes: maxMessageBytes } = config;
  const watch = createConnectionWatch(metrics.registry);
  const common = { host, maxConnections: maxConnectionsOf(config), limits: http2LimitsOf(config) };
  const { handler, refusals } = buildHttp(config, served);
  const http = { ...common, refusals, port: httpPort, observer: watch('http') };
  const grpc = { ...common, port: grpcPort, observer: watch('grpc'), maxMessageBytes };
  const isLoopbackOnly = config.jwt === undefined && isLoopback(adminHost);
  const admin = { host: adminHost, port: adminPort, metrics: metrics.registry, checkReady, isLoopbackOnly };

  async function add(listening: Promise<Listener>): Promise<number> {
    const listener = await listening;
    onListening(listener);
    return listener.port;
  }

  return {
    http: await add(listenHttp(handler, http)),
    grpc: await add(listenGrpc(methods, grpc)),
    admin: await add(listenAdmin(admin)),
  };
}

function maxConnectionsOf({ connections }: Config): number {
  const possible = maxConnectionsWithinDescriptors();
  const { maxConnections = Math.min(DEFAULT_MAX_CONNECTIONS, possible) } = connections;
  if (maxConnections <= possible) return maxConnections;
  throw new ConfigError(`MAX_CONNECTIONS: the limit of open files (ulimit -n) leaves ${possible} to each port.`);
}

function http2LimitsOf({ connections, requestTimeoutMs, mongo }: Config): Http2Limits {
  const changeMs = mongo === undefined ? 0 : mongo.confirmTimeoutMs + ATTEMPTS_OF_A_CHANGE * mongo.timeoutMs;
  return {
    ...connections,
    requestTimeoutMs,
    callTimeoutMs: requestTimeoutMs + Math.max(requestTimeoutMs, changeMs),
    // The second PING is the latest that finds a half frame, which is to be in the time of a request; but a client that
    // pauses for a moment must not lose its connection.
    pingIntervalMs: Math.min(connections.pingIntervalMs, Math.max(requestTimeoutMs / 2, MIN_PING_INTERVAL_MS)),
  };
}

function buildHttp(config: Config, { methods, accessControl, keyFormat, log, stopping }: Served) {
  const { logger, repeated } = log;
  const { requestTimeoutMs } = config;
  const bodyLimits = { maxBytes: config.requestMaxBytes, timeoutMs: requestTimeoutMs };
  const toProblem: ToProblem = createToProblem(config.problemBaseUrl, keyFormat.redact);
  const rest: HttpHandler = createRestHandler(methods, { toProblem, bodyLimits }, (router) =>
    addGatewayValidate(router, {
      validate: methods.validateForGateway,
      validateNeedsToken: accessControl.validateNeedsToken,
      toProblem,
      requestTimeoutMs,
      // Whoever reaches the port can cause it, without a token: no stack, which would be the same each time.
      onGatewayRefused: ({ code, message: reason }) =>
        repeated.log('warn', `gateway ${reason}`, { code, reason }, 'a gateway was refused: check its token'),
    }),
  );
  const connect = createConnectHandler(methods, {
    bodyLimits,
    stopping,
    fallback: rest,
    onUnanswered: (error) => logger.debug({ error }, 'an answer could not be written'),
  });
  return {
    handler: guardRequests(connect, { toProblem, isLoopbackOnly: config.jwt === undefined }),
    refusals: createHttpRefusals(toProblem),
  };
}
