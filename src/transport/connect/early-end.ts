import type { HandlerContext } from '@connectrpc/connect';
import { outcomeOfEarlyEnd } from '../../api/call-timeout.ts';
import type { CallOutcome } from '../../core/call-outcome.ts';

/** Calls back when the time limit of a call is over, or its caller has left. Connect says so after each answer too. */
export function onEarlyEnd({ signal, timeoutMs }: HandlerContext, listener: (outcome: CallOutcome) => void): void {
  const end = () => listener(outcomeOfEarlyEnd(timeoutMs()));
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}
