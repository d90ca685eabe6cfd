import { errors, type JWTVerifyGetKey } from 'jose';
import { elapsedMs, type Moment } from './moment.ts';

/** Learns how the downloads end. */
export interface KeySetObserver {
  fetched(): void;
  /** @param usableForMs how long the last good set may go on being used; 0 when there is none */
  fetchFailed(error: unknown, usableForMs: number): void;
}

export interface KeySetOptions {
  /** An older set is fetched again in the background, when a token needs it, in milliseconds. */
  readonly maxAgeMs: number;
  /** How much older the last good set may get while no new one can be had, in milliseconds (RFC 5861 section 4). */
  readonly staleMs: number;
  readonly clock: () => Moment;
  readonly observer: KeySetObserver;
}

/** Shortest time from the end of a download to the next one, whatever the tokens and however it ended. */
export const COOLDOWN_MS = 1_000;

/**
 * How long a token that was checked with the set may be believed, and how old a set may be before a call waits for a
 * newer one, in parts of the maximum age. Their sum is what a key that was taken out lives on: three times that age.
 * The rest between them is for tokens that come a little later than they are forgotten: no call waits for those.
 */
const TOKEN_AGE = 0.75;
const WAITING_AGE = 2.25;

/** How long a token that was checked with a key of such a set may be believed, in milliseconds. */
export function tokenAgeMs(maxAgeMs: number): number {
  return TOKEN_AGE * maxAgeMs;
}

interface FetchedSet {
  readonly findKey: JWTVerifyGetKey;
  /** When the download began: a key that is in it was published then. */
  readonly fetchedAt: Moment;
}

/**
 * Finds keys in a published set that is fetched when a token first needs it, and again as it ages.
 *
 * While the set can be fetched, none is used that is older than 2.25 times the maximum age, and calls wait for a
 * download only where that much time passed without a token. While it cannot, the last good set goes on until it is
 * older than `maxAgeMs + staleMs`, and no call waits for a download that lately failed. One download is under way at a
 * time, and none begins within {@link COOLDOWN_MS} of the last one's end. A token whose key is not in the set causes
 * one, too: it may have been published since.
 *
 * @param download resolves to what finds a key in the set as it is published now
 * @returns what throws jose's `JWKSNoMatchingKey` for a key that is not in the set, and whatever `download` threw where
 *   that is why there is no answer
 */
export function createKeySet(download: () => Promise<JWTVerifyGetKey>, options: KeySetOptions): JWTVerifyGetKey {
  const { maxAgeMs, staleMs, clock, observer } = options;
  const usableAgeMs = maxAgeMs + staleMs;
  const waitingAgeMs = Math.min(WAITING_AGE * maxAgeMs, usableAgeMs);
  let lastGood: FetchedSet | undefined;
  let pending: Promise<FetchedSet> | undefined;
  let endedAt: Moment | undefined;
  /** Why the last download failed, if it did. */
  let failure: { readonly error: unknown } | undefined;

  /** The last good set while it is not too old to be used at all. */
  function usable(now: Moment): FetchedSet | undefined {
    return lastGood !== undefined && elapsedMs(lastGood.fetchedAt, now) <= usableAgeMs ? lastGood : undefined;
  }

  function hasCooledDown(now: Moment): boolean {
    return endedAt === undefined || elapsedMs(endedAt, now) >= COOLDOWN_MS;
  }

  /** Long enough to cover the time until tokens that are in use ask again. */
  function latelyFailed(now: Moment): boolean {
    return failure !== undefined && endedAt !== undefined && elapsedMs(endedAt, now) < waitingAgeMs;
  }

  function fetchSet(): Promise<FetchedSet> {
    const fetchedAt = clock();
    return download().then(
      (findKey) => {
        pending = undefined;
        endedAt = clock();
        failure = undefined;
        lastGood = { findKey, fetchedAt };
        observer.fetched();
        return lastGood;
      },
      (error: unknown) => {
        pending = undefined;
        endedAt = clock();
        failure = { error };
        const stillUsable = usable(endedAt);
        const ageMs = stillUsable === undefined ? usableAgeMs : elapsedMs(stillUsable.fetchedAt, endedAt);
        observer.fetchFailed(error, usableAgeMs - ageMs);
        throw error;
      },
    );
  }

  function refresh(): Promise<FetchedSet> {
    pending ??= fetchSet();
    return pending;
  }

  /** The failure is reported to the observer, and no call waits for it here. */
  function refreshInBackground(now: Moment): void {
    if (hasCooledDown(now)) refresh().catch(() => {});
  }

  async function currentSet(): Promise<FetchedSet> {
    const now = clock();
    const set = usable(now);
    if (set === undefined) {
      if (failure !== undefined && !hasCooledDown(now)) throw failure.error;
      return refresh();
    }
    const ageMs = elapsedMs(set.fetchedAt, now);
    if (ageMs <= maxAgeMs) return set;
    if (ageMs <= waitingAgeMs || latelyFailed(now)) {
      refreshInBackground(now);
      return set;
    }
    try {
      return await refresh();
    } catch (error) {
      const known = usable(clock());
      if (known === undefined) throw error;
      return known;
    }
  }

  /** The set that came after `old`, or what says why there is none. */
  async function nextSet(old: FetchedSet, notInOld: unknown): Promise<FetchedSet> {
    if (lastGood !== undefined && lastGood !== old) return lastGood;
    const now = clock();
    if (failure !== undefined && latelyFailed(now)) {
      refreshInBackground(now);
      throw failure.error;
    }
    if (pending === undefined && !hasCooledDown(now)) throw notInOld;
    return refresh();
  }

  return async (header, token) => {
    const set = await currentSet();
    try {
      return await set.findKey(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const next = await nextSet(set, error);
      return next.findKey(header, token);
    }
  };
}
