/**
 * Longest time limit that counts, in milliseconds. No call lasts as long; a client that is willing to wait longer is
 * served as if it had asked for this. (Beyond 2^31 ms a timer of Node would end at once.)
 */
const MAX_CALL_TIMEOUT_MS = 3_600_000;
const MAX_GRPC_TIMEOUT = '1H';

/**
 * A client ends its call by itself when its time limit is over, at the same moment as the service does: how much earlier
 * its cancellation may be seen, in milliseconds.
 */
const SAME_MOMENT_MS = 10;

/** gRPC over HTTP/2: `Timeout = "grpc-timeout" TimeoutValue TimeoutUnit`, at most 8 digits. */
const GRPC_TIMEOUT = /^(\d{1,8})([HMSmun])$/;
/** The Connect protocol: a positive integer of at most 10 digits. */
const CONNECT_TIMEOUT_MS = /^\d{1,10}$/;

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** @returns the same value, or the largest one that counts; undefined when it is malformed */
export function clampGrpcTimeout(value: string): string | undefined {
  const [, count, unit = ''] = GRPC_TIMEOUT.exec(value) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * (UNIT_MS[unit] ?? 0) > MAX_CALL_TIMEOUT_MS ? MAX_GRPC_TIMEOUT : value;
}

/** @returns the same value, or the largest one that counts; undefined when it is malformed */
export function clampConnectTimeout(value: string): string | undefined {
  if (!CONNECT_TIMEOUT_MS.test(value)) return undefined;
  return Number(value) > MAX_CALL_TIMEOUT_MS ? String(MAX_CALL_TIMEOUT_MS) : value;
}

/**
 * How a call ended that ended before its method.
 *
 * @param remainingMs what was left of its time limit, in milliseconds; undefined where it had none
 */
export function outcomeOfEarlyEnd(remainingMs: number | undefined): 'deadline' | 'cancelled' {
  return remainingMs === undefined || remainingMs > SAME_MOMENT_MS ? 'cancelled' : 'deadline';
}
