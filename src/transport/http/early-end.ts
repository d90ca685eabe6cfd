import type { CallOutcome } from '../../core/call-outcome.ts';
import type { HttpResponse } from './request.ts';

/** Reports to a call's observer what the caller got where that is settled before the method has ended. */
export interface EarlyEnd {
  /** For the call's context. */
  onEarlyEnd(listener: (outcome: CallOutcome) => void): void;
  /** The caller is answered now. */
  answered(outcome: CallOutcome): void;
}

/** The caller has left when the response is closed without an answer. */
export function watchEarlyEnd(response: HttpResponse): EarlyEnd {
  let listener: ((outcome: CallOutcome) => void) | undefined;
  // Also closed after each answer, when nothing listens any more.
  response.once('close', () => listener?.('cancelled'));
  return {
    onEarlyEnd(given) {
      listener = given;
    },
    answered: (outcome) => listener?.(outcome),
  };
}
