import { type Command, type Configuration, EVERYTHING, type Fault, type FaultKind, TOPOLOGIES } from '../plan.ts';

const { oneCache, oneWithout, replica, twoCaches } = TOPOLOGIES;

/** Nothing goes wrong: only the order of the steps is drawn. */
const QUIET: Configuration = { ...EVERYTHING, lost: [0], late: [0], faults: ['pause'], maxFaults: 0 };

/** Fills and reads race the revocations. */
export const RACES: Configuration = {
  ...QUIET,
  topologies: [oneCache],
  merchants: 1,
  mix: [3, 3, 3],
  haste: [0, 0.05],
  watchMs: [10],
};

/** Answers of the authority come late. */
export const LATE_READS: Configuration = { ...RACES, topologies: [oneWithout], late: [0.1, 0.3] };

/** Caches come and go, and messages about them are late. */
export const COMING_AND_GOING: Configuration = {
  ...EVERYTHING,
  topologies: [oneWithout, twoCaches, oneCache],
  faults: ['connections closed', 'cache restarted'],
  maxFaults: 8,
  merchants: 1,
  mix: [3, 3, 1],
  lost: [0],
  late: [0.1, 0.3],
  haste: [0.05, 0.3],
  watchMs: [10],
};

/** Several entries of one merchant are pending at once, in two caches. */
export const PAIRS: Configuration = {
  ...COMING_AND_GOING,
  topologies: [twoCaches],
  faults: ['connections closed'],
  maxFaults: 2,
  mix: [4, 3, 0],
  clients: 3,
  late: [0],
  slow: { what: 'acknowledge', ms: 50 },
};

/** Leases run out, since their instances are paused or cut off from the authority. */
export const LAPSES: Configuration = {
  ...EVERYTHING,
  topologies: [twoCaches],
  faults: ['pause', 'cut from authority'],
  maxFaults: 5,
  lastsMs: [290, 500],
  lost: [0, 0.08],
  late: [0.1, 0.3],
  haste: [0.05, 0.3],
  watchMs: [15],
};

/** What instances send to their caches is lost now and then, and it takes long to give a lease back. */
export const SLOW_RELEASES: Configuration = {
  ...LAPSES,
  maxFaults: 0,
  merchants: 1,
  mix: [3, 4, 0],
  lost: [0.15],
  late: [0],
  slow: { what: 'release', ms: 50 },
  watchMs: [8],
};

/** A replica with an older copy is promoted, its primary soon follows it, and connections stay open. */
export const FAIL_OVERS: Configuration = {
  ...QUIET,
  topologies: [replica],
  faults: ['fail-over'],
  maxFaults: 6,
  lastsMs: [10],
  copies: 8,
  merchants: 1,
  mix: [3, 4, 0],
  haste: [0.05, 0.3],
  watchMs: [8],
};

type ScriptedFault = Omit<Fault, 'copy'>;

function fault(kind: FaultKind, waitMs: number, rest: Partial<ScriptedFault> = {}): ScriptedFault {
  return { kind, waitMs, lastsMs: 0, instance: 0, cache: 0, ...rest };
}

function change(kind: 'generate' | 'revoke', instance: number, waitMs: number, merchant = 0): Command {
  return { kind, instance, merchant, waitMs };
}

const SCRIPTED: Configuration = {
  ...LAPSES,
  maxFaults: 0,
  merchants: 1,
  clients: 1,
  maxCommands: 2,
  mix: [0, 0, 1],
  lost: [0],
  late: [0.1, 0.3],
  haste: [0.05],
  watchMs: [10],
};

/**
 * Instance a is paused for longer than its lease; b, which removes it from the registry, enters a's cache anew, and so
 * with another generation.
 *
 * @param instance who revokes when a goes on
 */
export function replacedWhilePaused(instance: number): Configuration {
  return {
    ...SCRIPTED,
    late: [0, 0.1],
    first: {
      clients: [[change('generate', 1, 0), change('revoke', instance, 470)]],
      faults: [
        fault('pause', 80, { lastsMs: 420 }),
        fault('other cache', 340, { instance: 1, cache: 0 }),
        fault('connections closed', 0, { cache: 1 }),
      ],
      jitterMs: 5,
    },
  };
}

/** Instance a is paused, perhaps with a renewal under way, until its lease is gone and b has revoked what a cached. */
export const LAPSED_WHILE_PAUSED: Configuration = {
  ...SCRIPTED,
  late: [0, 0.1],
  slow: { what: 'renew', ms: 300 },
  first: {
    clients: [[change('generate', 1, 0), change('revoke', 1, 130)]],
    faults: [fault('pause', 100, { lastsMs: 700 })],
    jitterMs: 30,
  },
};

/** Instance a comes back after a crash while its old lease is about to lapse, and its new one takes long to arrive. */
export const BACK_BEFORE_LAPSE: Configuration = {
  ...SCRIPTED,
  late: [0],
  slow: { what: 'register', ms: 450 },
  first: {
    clients: [[change('generate', 1, 0), change('revoke', 1, 270)]],
    faults: [fault('crash', 80, { lastsMs: 200 })],
    jitterMs: 15,
  },
};

/** Instance a cannot renew for nearly a lease, and then it can; meanwhile b waits for a's lease to lapse. */
export const RENEWED_LATE: Configuration = {
  ...SCRIPTED,
  first: {
    clients: [[change('generate', 1, 0), change('revoke', 1, 80)]],
    faults: [fault('cut from authority', 110, { lastsMs: 270 })],
    jitterMs: 15,
  },
};

/** Instance a is paused for nearly a lease. Its renewal and the removal of its lease are then under way at once. */
export const RENEWED_WHILE_REMOVED: Configuration = {
  ...SCRIPTED,
  late: [0],
  slow: { what: 'remove lapsed', ms: 50 },
  first: {
    clients: [
      [
        ...[0, 1, 2].map((merchant) => change('generate', 1, 0, merchant)),
        ...[345, 10, 10].map((waitMs, merchant) => change('revoke', 1, waitMs, merchant)),
      ],
    ],
    faults: [fault('pause', 75, { lastsMs: 265 })],
    jitterMs: 20,
  },
};

/**
 * Instance a, without a cache, is paused with a read of the registry under way. Before it goes on, b gets a cache, a
 * key is cached there and revoked by c, and b can't acknowledge that.
 */
export const REGISTERED_WHILE_PAUSED: Configuration = {
  ...SCRIPTED,
  topologies: [TOPOLOGIES.oneCached],
  clients: 2,
  first: {
    clients: [
      [change('generate', 2, 0), change('generate', 2, 60), change('revoke', 2, 40)],
      [change('revoke', 0, 25)],
    ],
    faults: [
      fault('crash', 0, { instance: 1, lastsMs: 60 }),
      fault('pause', 25, { lastsMs: 260 }),
      fault('cut from authority', 110, { instance: 1, lastsMs: 300 }),
    ],
    jitterMs: 20,
  },
};

/** The same, where reads of the registry are slow: that of a's sweeper is then often the one under way. */
export const SWEEPING_WHILE_PAUSED: Configuration = {
  ...REGISTERED_WHILE_PAUSED,
  late: [0, 0.1],
  slow: { what: 'read registry', ms: 150 },
};

/**
 * Instance a is paused with reads on their way to its cache, which is demoted and promoted again, a lease later and
 * with an older copy, before they arrive.
 */
export const PROMOTED_WHILE_PAUSED: Configuration = {
  ...SCRIPTED,
  topologies: [replica],
  late: [0],
  slow: { what: 'GETEX', ms: 450 },
  copies: 6,
  watchMs: [5],
  first: {
    clients: [
      [
        ...[0, 1, 2].map((merchant) => change('generate', 0, 0, merchant)),
        ...[40, 0, 0].map((waitMs, merchant) => change('revoke', 0, waitMs, merchant)),
      ],
    ],
    faults: [
      fault('pause', 110, { lastsMs: 430 }),
      fault('fail-over', 1, { lastsMs: 1 }),
      fault('fail-over', 370, { lastsMs: 100 }),
    ],
    jitterMs: 2,
  },
};
