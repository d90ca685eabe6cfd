import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.js';

export { ServingStatus };

/** The health of the server and its services (gRPC health checking protocol), free of any transport. */
export interface Health {
  /** Undefined where the server does not have the service. */
  statusOf(service: string): ServingStatus | undefined;
  /** The names of all services, the empty one of the whole server included. */
  readonly services: readonly string[];
  /**
   * Calls back with the status now, and again when it changes, until the returned function is called.
   *
   * @returns undefined where the server does not have the service: it never will, so there is nothing to wait for
   */
  watch(service: string, onStatus: (status: ServingStatus) => void): (() => void) | undefined;
  /** From now on nothing is served. */
  stopServing(): void;
}

/** @param services the full names of the services, which all are healthy as long as the server is */
export function createHealth(services: readonly string[]): Health {
  const names = ['', ...services];
  const watchers = new Set<(status: ServingStatus) => void>();
  let status = ServingStatus.SERVING;

  return {
    services: names,
    statusOf: (service) => (names.includes(service) ? status : undefined),

    watch(service, onStatus) {
      if (!names.includes(service)) return undefined;
      // One function a watch: the same callback may watch twice.
      const watcher = (changed: ServingStatus) => onStatus(changed);
      watchers.add(watcher);
      watcher(status);
      return () => watchers.delete(watcher);
    },

    stopServing() {
      if (status === ServingStatus.NOT_SERVING) return;
      status = ServingStatus.NOT_SERVING;
      for (const watcher of watchers) watcher(status);
    },
  };
}
