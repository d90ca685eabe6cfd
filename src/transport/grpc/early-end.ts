import type { ServerUnaryCall } from '@grpc/grpc-js';
import { outcomeOfEarlyEnd } from '../../api/call-timeout.ts';
import type { CallOutcome } from '../../core/call-outcome.ts';

/**
 * Calls back when grpc-js has answered a call whose time limit is over, or its caller has left. grpc-js says so after
 * each other answer too.
 */
export function onEarlyEnd(call: ServerUnaryCall<Buffer, Buffer>, listener: (outcome: CallOutcome) => void): void {
  const deadlineMs = call.getDeadline() as number;
  const end = () => listener(outcomeOfEarlyEnd(deadlineMs - Date.now()));
  // A request that was whole too late is handed over all the same, and nothing more is said of it.
  if (deadlineMs !== Number.POSITIVE_INFINITY && Date.now() >= deadlineMs) end();
  else call.on('cancelled', end);
}
