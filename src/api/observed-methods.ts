import type { CallOutcome } from '../core/call-outcome.ts';
import { type ErrorCode, type ServiceError, toServiceError } from '../core/errors.ts';
import type { KeyServiceMethods } from './key-service-methods.ts';
import type { AnyMethod } from './method.ts';

/** Watches calls from outside. */
export interface CallObserver {
  /** A call ended for its caller. `seconds` is the time from its first check to this end. */
  callEnded(method: string, outcome: CallOutcome, seconds: number): void;
  /** A call failed for a reason that is the service's and not the caller's, be it after it ended for the caller. */
  callFailed(method: string, error: ServiceError): void;
}

/** Failures of the service itself: its operators want to know why. */
const SERVICE_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'unavailable',
  'outcome_unknown',
  'revocation_unconfirmed',
]);

/** The same methods, with every call counted once, as what its caller got, and every fault of the service reported. */
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
    let hasEnded = false;
    const end = (outcome: CallOutcome) => {
      if (hasEnded) return;
      hasEnded = true;
      observer.callEnded(name, outcome, (performance.now() - startedAtMs) / 1000);
    };
    context.onEarlyEnd?.(end);
    try {
      const response = await method(context, request);
      end('ok');
      return response;
    } catch (thrown) {
      const error = toServiceError(thrown);
      end(error.code);
      if (SERVICE_FAULTS.has(error.code)) observer.callFailed(name, error);
      throw error;
    }
  };
}
