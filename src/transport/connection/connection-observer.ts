/** Why the service ended a connection, or a stream of it, that its client had left open. */
export const END_REASONS = [
  /** No request ever came on it. */
  'silent',
  /** Its client never acknowledged the settings (RFC 9113, section 6.5.3). */
  'settings_timeout',
  /** Its client did not answer a PING: it is gone, or in the middle of a frame. */
  'ping_timeout',
  /** Nothing was asked on it for a long time. */
  'idle',
  /** It was old: its client opens another one, which may reach another instance. */
  'max_age',
  /** It was over, and its client did not close its side. */
  'lingering',
  /** A request of it did not arrive in time. */
  'request_timeout',
  /** The answer to a request of it could not be given, or was not taken, in the time of the longest call. */
  'call_timeout',
  /** The headers of a request of it were too large. */
  'headers_too_large',
] as const;

export type EndReason = (typeof END_REASONS)[number];

/** Watches the connections of one port from outside. */
export interface ConnectionObserver {
  opened(): void;
  closed(): void;
  /** There were already as many as may be. */
  refused(): void;
  /** The service ended a connection or a stream by itself. */
  ended(reason: EndReason): void;
}
