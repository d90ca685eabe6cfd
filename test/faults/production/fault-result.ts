/** How often each outcome was seen. */
export type OutcomeCounts = Readonly<Record<string, number>>;

/** Something that has to hold, and whether it did. */
export interface Check {
  readonly guarantee: string;
  readonly held: boolean;
  /** What was seen instead. */
  readonly detail: string;
}

/** What a fault did to the service. */
export interface FaultResult {
  readonly id: string;
  /** What was done, in words. */
  readonly fault: string;
  readonly seed: number;
  /** What the set-ups ended with that had to be repeated: mostly none. */
  readonly failedSetUps: readonly string[];
  readonly durationMs: number;
  /** What callers saw while the fault lasted. */
  readonly during: {
    readonly generate: OutcomeCounts;
    readonly revoke: OutcomeCounts;
    readonly validate: OutcomeCounts;
  };
  /** How long successful Revokes took while the fault lasted, in milliseconds. */
  readonly revokeMs: { readonly count: number; readonly p50: number; readonly max: number };
  /** Answered changes, and those of which the final state knows nothing. */
  readonly acknowledged: {
    readonly generates: number;
    readonly revokes: number;
    readonly checkedAtEnd: number;
    readonly lost: readonly string[];
  };
  /** What the exact checker found in the history of all calls. */
  readonly history: {
    readonly operations: number;
    readonly violations: readonly string[];
    /** Merchants of whom too many changes overlapped for the checker to try all orders. */
    readonly undecidedMerchants: number;
  };
  /** The scenario's own checks. */
  readonly checks: readonly Check[];
}

/** All that should not have been seen, in words; empty when the service kept its promises. */
export function brokenPromises({ history, checks, acknowledged }: FaultResult): string[] {
  return [
    ...history.violations,
    ...acknowledged.lost,
    ...checks.filter(({ held }) => !held).map(({ guarantee, detail }) => `${guarantee}: ${detail}`),
  ];
}
