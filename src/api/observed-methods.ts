import { type ErrorCode, type ServiceError, toServiceError } from '../core/errors.ts';
import type { KeyServiceMethods } from './key-service-methods.ts';
import type { AnyMethod } from './method.ts';

/** Watches calls from outside. */
export interface CallObserver {
  /** A call ended. `seconds` is the time from its first check to its end. */
  callEnded(method: string, outcome: ErrorCode | 'ok', seconds: number): void;
  /** A call failed for a reason that is the service's and not the caller's. */
  callFailed(method: string, error: ServiceError): void;
}

/** Failures of the service itself: its operators want to know why. */
const SERVICE_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'unavailable',
  'outcome_unknown',
  'revocation_unconfirmed',
]);

/** The same methods, with every call counted and every fault of the service reported. */
export function observeMethods(methods: KeyServiceMethods, observer: CallObserver): KeyServiceMethods {
  const observed = Object.entries(methods).map(([name, method]) => [
    name,
    observe(name, method as AnyMethod, observer),
  ]);
  return Object.fromEntries(observed) as KeyServiceMethods;
}

function observe(name: string, method: AnyMethod, observer: CallObserver): AnyMethod {
  return async (context, request) => {
    const startedAtMs = performance.now();
    try {
      const response = await method(context, request);
      observer.callEnded(name, 'ok', (performance.now() - startedAtMs) / 1000);
      return response;
    } catch (thrown) {
      const error = toServiceError(thrown);
      observer.callEnded(name, error.code, (performance.now() - startedAtMs) / 1000);
      if (SERVICE_FAULTS.has(error.code)) observer.callFailed(name, error);
      throw error;
    }
  };
}
