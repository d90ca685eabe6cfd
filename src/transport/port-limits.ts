import { type Config, ConfigError } from '../config/config.ts';
import { maxConnectionsWithinDescriptors } from './connection/descriptor-limit.ts';
import type { Http2Limits } from './connection/http2-limits.ts';

/** Most connections of a port where nothing is configured. */
const DEFAULT_MAX_CONNECTIONS = 4096;
/** Shortest time between two PINGs unless a shorter one is configured, in milliseconds. */
const MIN_PING_INTERVAL_MS = 5_000;
/** Attempts of the MongoDB driver that a change may take before it waits for its confirmation, and some time to spare. */
const ATTEMPTS_OF_A_CHANGE = 4;

/** The most connections of each port. Throws ConfigError when more are configured than the process may have open. */
export function maxConnectionsOf({ connections }: Config): number {
  const possible = maxConnectionsWithinDescriptors();
  const { maxConnections = Math.min(DEFAULT_MAX_CONNECTIONS, possible) } = connections;
  if (maxConnections <= possible) return maxConnections;
  throw new ConfigError(`MAX_CONNECTIONS: the limit of open files (ulimit -n) leaves ${possible} to each port.`);
}

/** The limits of the HTTP and the gRPC port. */
export function http2LimitsOf({ connections, requestTimeoutMs, mongo }: Config): Http2Limits {
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
