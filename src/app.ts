import { type Authorization, createAuthorization } from './auth/authorization.ts';
import { DEVELOPER_AUDIENCE, DEVELOPER_ISSUER, type DeveloperKey, openDeveloperKey } from './auth/developer-key.ts';
import { loadTokenKey } from './auth/token-key.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import type { Config } from './config.ts';
import { createConnectHandler } from './connect/connect-handler.ts';
import { createKeyFormat, type KeyFormat } from './core/api-key.ts';
import { createKeyService } from './core/key-service.ts';
import type { KeyStore } from './core/key-store.ts';
import { listenGrpc } from './grpc/grpc-listener.ts';
import { listenHttp } from './http/http-listener.ts';
import type { HttpHandler } from './http/request.ts';
import type { Listener } from './listener.ts';
import { openStore } from './open-store.ts';
import { listenAdmin } from './ops/admin-listener.ts';
import { createCacheWatch } from './ops/cache-watch.ts';
import { createLogger, type Logger } from './ops/logger.ts';
import { createMetrics, type Metrics } from './ops/metrics.ts';
import { addGatewayValidate } from './rest/gateway-validate.ts';
import { createHttpRefusals, guardRequests } from './rest/malformed-requests.ts';
import { createToProblem, type ToProblem } from './rest/problem-details.ts';
import { createRestHandler } from './rest/rest-handler.ts';
import { createKeyServiceMethods, type KeyServiceMethods, METHOD_NAMES } from './rpc/key-service-methods.ts';
import { observeMethods } from './rpc/observed-methods.ts';
import { createLastUsedRecorder, type LastUsedRecorder } from './store/last-used-recorder.ts';

/** The running service. */
export interface App {
  readonly ports: { readonly http: number; readonly grpc: number; readonly admin: number };
  /** The signing key of developer mode; undefined where tokens come from outside. */
  readonly developerKey: DeveloperKey | undefined;
  readonly logger: Logger;
  /** Stops accepting, lets running calls finish, stores what is pending, and releases everything. */
  stop(): Promise<void>;
}

/** Longest time that a client may ask the service to work on a call. */
const MAX_CLIENT_TIMEOUT_MS = 3_600_000;
/** Uses are stored at most this much later. */
const LAST_USED_FLUSH_INTERVAL_MS = 500;
/** About 200 bytes each: a bound for the time in which the store is away. */
const MAX_PENDING_USES = 100_000;

/**
 * Builds and starts the service: the only place that knows every part.
 *
 * @throws ConfigError, ListenError, or what opening the store threw; nothing is left running then
 */
export async function startApp(config: Config): Promise<App> {
  const keyFormat = createKeyFormat(config.keyPrefix, config.keyPrefixesAccepted);
  const logger = createLogger(config.logLevel, keyFormat.redact);
  const metrics = createMetrics(METHOD_NAMES);
  const developerKey = config.jwt === undefined ? openDeveloperKey(config.dataDir) : undefined;
  const authorization = buildAuthorization(config, keyFormat, developerKey);
  const { store, stopWaiting } = await openStore(config, createCacheWatch(metrics.registry, logger), (error) =>
    logger.error({ error }, 'the store is lost: every call that needs it is answered with unavailable'),
  );
  const useRecorder = buildUseRecorder(store, metrics, logger);
  const service = createKeyService({ store, keyFormat, useRecorder, clock: Date.now });
  const methods = observe(createKeyServiceMethods(service, authorization), metrics, logger);

  const listeners: Listener[] = [];
  const stopping = new AbortController();
  const checkReady = async () => {
    if (stopping.signal.aborted) throw new Error('draining');
    await store.ping();
  };

  async function stop(): Promise<void> {
    stopping.abort();
    stopWaiting();
    await drainAll(listeners, config.shutdownTimeoutMs, logger);
    await useRecorder.close();
    await store.close();
  }

  async function add(listening: Promise<Listener>): Promise<number> {
    const listener = await listening;
    listeners.push(listener);
    return listener.port;
  }

  try {
    const { host, adminHost, httpPort, grpcPort, adminPort, requestMaxBytes: maxMessageBytes } = config;
    const http = buildHttp(config, keyFormat, methods, authorization, logger, stopping.signal);
    const ports = {
      http: await add(listenHttp(http.handler, { ...http.options, host, port: httpPort })),
      grpc: await add(listenGrpc(methods, { host, port: grpcPort, maxMessageBytes })),
      admin: await add(listenAdmin({ host: adminHost, port: adminPort, metrics: metrics.registry, checkReady })),
    };
    return { ports, developerKey, logger, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function buildAuthorization(
  config: Config,
  keyFormat: KeyFormat,
  developerKey: DeveloperKey | undefined,
): Authorization {
  const trust =
    config.jwt !== undefined
      ? { tokenKey: loadTokenKey(config.jwt), issuer: config.jwt.issuer, audience: config.jwt.audience }
      : { tokenKey: developerKey?.tokenKey, issuer: DEVELOPER_ISSUER, audience: DEVELOPER_AUDIENCE };
  const { tokenKey } = trust;
  if (tokenKey === undefined) throw new Error('developer mode needs its key');
  const verifier = createTokenVerifier({ ...trust, tokenKey, merchantClaim: config.jwtMerchantClaim, keyFormat });
  return createAuthorization(verifier, config.validateAuth);
}

function buildUseRecorder(store: KeyStore, metrics: Metrics, logger: Logger): LastUsedRecorder {
  return createLastUsedRecorder(store, {
    flushIntervalMs: LAST_USED_FLUSH_INTERVAL_MS,
    maxPendingKeys: MAX_PENDING_USES,
    onFlushFailed: (error) => {
      metrics.lastUsedFlushFailed();
      logger.warn({ error }, 'last-used times could not be stored; they are tried again');
    },
  });
}

function observe(methods: KeyServiceMethods, metrics: Metrics, logger: Logger): KeyServiceMethods {
  return observeMethods(methods, {
    callEnded: metrics.callEnded,
    callFailed: (method, error) => logger.error({ method, error }, 'a call failed'),
  });
}

function buildHttp(
  config: Config,
  keyFormat: KeyFormat,
  methods: KeyServiceMethods,
  { validateNeedsToken }: Authorization,
  logger: Logger,
  stopping: AbortSignal,
) {
  const { requestMaxBytes, requestTimeoutMs } = config;
  const toProblem: ToProblem = createToProblem(config.problemBaseUrl, keyFormat.redact);
  const rest: HttpHandler = createRestHandler(methods, { toProblem, requestMaxBytes, requestTimeoutMs }, (router) =>
    addGatewayValidate(router, {
      validate: methods.validateForGateway,
      validateNeedsToken,
      toProblem,
      requestTimeoutMs,
      onGatewayRefused: (error) => logger.warn({ error }, 'a gateway was refused: check its token'),
    }),
  );
  const connect = createConnectHandler(methods, {
    maxMessageBytes: requestMaxBytes,
    maxTimeoutMs: MAX_CLIENT_TIMEOUT_MS,
    stopping,
    fallback: rest,
  });
  return {
    handler: guardRequests(connect, toProblem),
    options: {
      requestTimeoutMs,
      refusals: createHttpRefusals(toProblem),
    },
  };
}

/** Lets running calls finish, and ends at once what still runs after `timeoutMs` milliseconds. */
async function drainAll(listeners: readonly Listener[], timeoutMs: number, logger: Logger): Promise<void> {
  const abort = setTimeout(() => {
    logger.warn('calls still ran at the end of SHUTDOWN_TIMEOUT_MS and were ended');
    for (const listener of listeners) listener.abort();
  }, timeoutMs);
  await Promise.all(listeners.map((listener) => listener.drain()));
  clearTimeout(abort);
}
