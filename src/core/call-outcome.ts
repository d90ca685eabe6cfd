import { ERROR_CODES } from './errors.ts';

/** How a call ended for its caller: `cancelled` where the caller left before there was an answer. */
export const CALL_OUTCOMES = ['ok', ...ERROR_CODES, 'cancelled'] as const;

export type CallOutcome = (typeof CALL_OUTCOMES)[number];
