import type { KeyServiceMethods } from '../api/key-service-methods.ts';
import type { AccessControl } from '../auth/access-control.ts';
import type { Config } from '../config/config.ts';
import type { KeyFormat } from '../core/api-key.ts';
import { listenAdmin } from '../ops/admin-listener.ts';
import { createConnectionWatch } from '../ops/connection-watch.ts';
import type { Log } from '../ops/log.ts';
import type { Metrics } from '../ops/metrics.ts';
import { isLoopback } from './connection/loopback.ts';
import { listenGrpc } from './grpc/grpc-listener.ts';
import { createToProblem } from './http/problem-details.ts';
import { type HttpPortObserver, listenHttpPort } from './http-port.ts';
import type { Listener } from './listener.ts';
import { http2LimitsOf, maxConnectionsOf } from './port-limits.ts';

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

/**
 * Listens on the three ports.
 *
 * @param onListening called with each listener as soon as it listens, so that it can be closed where a later one fails
 * @throws ConfigError, ListenError, HttpRuleError
 */
export async function openPorts(
  config: Config,
  served: Served,
  onListening: (listener: Listener) => void,
): Promise<Ports> {
  const limits = limitsOf(config, served);

  async function add(listening: Promise<Listener>): Promise<number> {
    const listener = await listening;
    onListening(listener);
    return listener.port;
  }

  return {
    http: await add(openHttp(config, served, limits)),
    grpc: await add(openGrpc(config, served, limits)),
    admin: await add(openAdmin(config, served)),
  };
}

type Limits = ReturnType<typeof limitsOf>;

function limitsOf(config: Config, { metrics }: Served) {
  const watch = createConnectionWatch(metrics.registry);
  const common = { host: config.host, maxConnections: maxConnectionsOf(config), limits: http2LimitsOf(config) };
  return { http: { ...common, observer: watch('http') }, grpc: { ...common, observer: watch('grpc') } };
}

function openHttp(config: Config, served: Served, limits: Limits): Promise<Listener> {
  return listenHttpPort(served.methods, {
    ...limits.http,
    port: config.httpPort,
    bodyLimits: { maxBytes: config.requestMaxBytes, timeoutMs: config.requestTimeoutMs },
    toProblem: createToProblem(config.problemBaseUrl, served.keyFormat.redact),
    isLoopbackOnly: isDeveloperMode(config),
    validateNeedsToken: served.accessControl.validateNeedsToken,
    stopping: served.stopping,
    observeAnswers: observeAnswers(served.log),
  });
}

function openGrpc(config: Config, { methods }: Served, limits: Limits): Promise<Listener> {
  return listenGrpc(methods, { ...limits.grpc, port: config.grpcPort, maxMessageBytes: config.requestMaxBytes });
}

function openAdmin(config: Config, { metrics, checkReady }: Served): Promise<Listener> {
  const { adminHost: host, adminPort: port } = config;
  const isLoopbackOnly = isDeveloperMode(config) && isLoopback(host);
  return listenAdmin({ host, port, metrics: metrics.registry, checkReady, isLoopbackOnly });
}

function isDeveloperMode({ jwt }: Config): boolean {
  return jwt === undefined;
}

function observeAnswers({ logger, repeated }: Log): HttpPortObserver {
  return {
    // Whoever reaches the port can cause it, without a token: no stack, which would be the same each time.
    gatewayRefused: ({ code, message: reason }) =>
      repeated.log('warn', `gateway ${reason}`, { code, reason }, 'a gateway was refused: check its token'),
    answerFailed: (error) =>
      repeated.log('error', 'unwritten answer', { error }, 'an answer could not be written: its caller got internal'),
    clientLost: (error) => logger.debug({ error }, 'an answer could not be written'),
  };
}
