import {
  acceptsNameTheMerchant,
  noAcceptAfterChange,
  noAcceptAfterRefusal,
  oneKeyIsValidAtOnce,
  onlyKnownKeysAreAccepted,
} from './accept-rules.ts';
import { someOrderExplains, TooConcurrent } from './change-order.ts';
import type { History } from './history.ts';
import { type MerchantHistory, sortHistory } from './merchant-history.ts';
import {
  merchantsAreRemembered,
  noActiveKeyIsRefused,
  realKeysAreRecognised,
  revokedKeysAreRemembered,
} from './refusal-rules.ts';
import type { Violation } from './violation.ts';
import type { Guarantee } from './world.ts';

export interface CheckOptions {
  /** `strict` by default. */
  readonly guarantee?: Guarantee;
  /** How many revoked keys of a merchant the service remembers; 100 by default, as the service does. */
  readonly revokedKeysKept?: number;
}

export interface CheckResult {
  /** Empty when the service kept its promises. */
  readonly violations: readonly Violation[];
  /** Merchants of whom too many changes overlapped to try all orders: only the other rules judged them. */
  readonly undecidedMerchants: readonly string[];
}

const REVOKED_KEYS_KEPT = 100;

/**
 * Decides whether a history is one that the service may show. It never blames a right one, and finds every wrong one
 * as far as `undecidedMerchants` is empty. O(n log n) for a bounded number of changes that overlap in one merchant.
 *
 * The history must be whole: each change of its merchants is in it, and each of its calls has ended.
 *
 * @throws Error when the history itself cannot be: one key handed out twice
 */
export function checkHistory(history: History, options: CheckOptions = {}): CheckResult {
  const sorted = sortHistory(history);
  const undecidedMerchants: string[] = [];
  const violations = onlyKnownKeysAreAccepted(sorted);
  for (const merchant of sorted.merchants) {
    const found = applyRules(merchant, options);
    // What the other rules find is reported by them, with less to read.
    if (!found.some(({ rule }) => ORDER_RULES.has(rule))) {
      try {
        found.push(...someOrderExplains(merchant, options.guarantee ?? 'strict'));
      } catch (error) {
        if (!(error instanceof TooConcurrent)) throw error;
        undecidedMerchants.push(merchant.merchantId);
      }
    }
    for (const violation of found) violations.push(violation);
  }
  return { violations, undecidedMerchants };
}

function applyRules(merchant: MerchantHistory, options: CheckOptions): Violation[] {
  const { guarantee = 'strict', revokedKeysKept = REVOKED_KEYS_KEPT } = options;
  return [
    acceptsNameTheMerchant(merchant),
    noAcceptAfterChange(merchant),
    oneKeyIsValidAtOnce(merchant),
    guarantee === 'linearizable' ? noAcceptAfterRefusal(merchant) : [],
    realKeysAreRecognised(merchant),
    noActiveKeyIsRefused(merchant),
    revokedKeysAreRemembered(merchant, revokedKeysKept),
    merchantsAreRemembered(merchant),
  ].flat();
}

/** The rules that are consequences of {@link someOrderExplains}. */
const ORDER_RULES: ReadonlySet<string> = new Set(
  [noAcceptAfterChange, oneKeyIsValidAtOnce, noAcceptAfterRefusal, noActiveKeyIsRefused].map(({ name }) => name),
);
