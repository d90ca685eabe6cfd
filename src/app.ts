import { createKeyServiceMethods, type KeyServiceMethods, METHOD_NAMES } from './api/key-service-methods.ts';
import { observeMethods } from './api/observed-methods.ts';
import { type AccessControl, createAccessControl } from './auth/access-control.ts';
import type { DeveloperKey } from './auth/developer-key.ts';
import { readMoment } from './auth/moment.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import { chooseTrust, type Trust } from './auth/trust.ts';
import type { Config } from './config/config.ts';
import { createKeyFormat, type KeyFormat } from './core/api-key.ts';
import { createKeyService } from './core/key-service.ts';
import type { KeyStore } from './core/key-store.ts';
import { createLastUsedRecorder, type LastUsedRecorder } from './core/last-used-recorder.ts';
import { createCacheWatch } from './ops/cache-watch.ts';
import { createKeySetWatch } from './ops/key-set-watch.ts';
import { createLog, type Log } from './ops/log.ts';
import { createMetrics, type Metrics } from './ops/metrics.ts';
import { createRedaction } from './redaction.ts';
import { openStore } from './store/open-store.ts';
import { closeListeners, type Listener } from './transport/listener.ts';
import { openPorts, type Ports } from './transport/open-ports.ts';

/** The running service. */
export interface App {
  readonly ports: Ports;
  /** The signing key of developer mode; undefined where tokens come from outside. */
  readonly developerKey: DeveloperKey | undefined;
  /** To be closed when the process exits. */
  readonly log: Log;
  /** Stops accepting, lets running calls finish, stores what is pending, and releases everything but the log. */
  stop(): Promise<void>;
}

/** What a test replaces to show that it would notice a wrong one. */
export interface AppParts {
  readonly openStore: typeof openStore;
}

/** Uses are stored at most this much later. */
const LAST_USED_FLUSH_INTERVAL_MS = 500;
/** About 200 bytes each: a bound for the time in which the store is away. */
const MAX_PENDING_USES = 100_000;

/**
 * Builds and starts the service: the only place that knows every part.
 *
 * @param parts the real ones by default
 * @throws StartError; nothing is left running then
 */
export async function startApp(config: Config, parts: AppParts = { openStore }): Promise<App> {
  const metrics = createMetrics(METHOD_NAMES);
  const log = createLog({
    level: config.logLevel,
    redaction: createRedaction(config),
    maxQueuedBytes: config.logBufferMaxBytes,
    onDropped: metrics.logLineDropped,
  });
  try {
    return await startParts(config, parts, metrics, log);
  } catch (error) {
    log.close();
    throw error;
  }
}

async function startParts(config: Config, parts: AppParts, metrics: Metrics, log: Log): Promise<App> {
  const keyFormat = createKeyFormat(config.keyPrefix, config.keyPrefixesAccepted);
  const trust = chooseTrust(config, createKeySetWatch(metrics.registry, log.logger));
  const accessControl = buildAccessControl(config, trust, keyFormat);
  const opened = await parts.openStore(config, createCacheWatch(metrics.registry, log), (error) =>
    log.logger.error({ error }, 'the store is lost: every call that needs it is answered with unavailable'),
  );
  const { store } = opened;
  const lastUsedRecorder = buildLastUsedRecorder(store, metrics, log);
  const service = createKeyService({ store, keyFormat, lastUsedRecorder, clock: Date.now });
  const methods = observe(createKeyServiceMethods(service, accessControl), metrics, log);

  const listeners: Listener[] = [];
  const stopping = new AbortController();
  const checkReady = async () => {
    if (stopping.signal.aborted) throw new Error('draining');
    await store.ping();
  };

  async function stop(): Promise<void> {
    stopping.abort();
    opened.stopWaiting();
    await closeListeners(listeners, config.shutdownTimeoutMs, () =>
      log.logger.warn('calls still ran at the end of SHUTDOWN_TIMEOUT_MS and were ended'),
    );
    await lastUsedRecorder.close();
    await opened.close();
    log.repeated.close();
  }

  try {
    const served = { methods, accessControl, keyFormat, metrics, log, stopping: stopping.signal, checkReady };
    const ports = await openPorts(config, served, (listener) => listeners.push(listener));
    return { ports, developerKey: trust.developerKey, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function buildAccessControl(
  { jwtMerchantClaim: merchantClaim, validateAuth }: Config,
  { tokenKey, issuer, audience }: Trust,
  keyFormat: KeyFormat,
): AccessControl {
  const verifier = createTokenVerifier({ tokenKey, issuer, audience, merchantClaim, keyFormat, clock: readMoment });
  return createAccessControl(verifier, validateAuth);
}

function buildLastUsedRecorder(store: KeyStore, metrics: Metrics, { repeated }: Log): LastUsedRecorder {
  return createLastUsedRecorder(store, {
    flushIntervalMs: LAST_USED_FLUSH_INTERVAL_MS,
    maxPendingKeys: MAX_PENDING_USES,
    onFlushFailed: (error) => {
      metrics.lastUsedFlushFailed();
      repeated.log('warn', 'last used', { error }, 'last-used times could not be stored; they are tried again');
    },
  });
}

function observe(methods: KeyServiceMethods, metrics: Metrics, { repeated }: Log): KeyServiceMethods {
  return observeMethods(methods, {
    callEnded: metrics.callEnded,
    callFailed: (method, error) =>
      repeated.log('error', `call ${method} ${error.code}`, { method, error }, 'a call failed'),
  });
}
