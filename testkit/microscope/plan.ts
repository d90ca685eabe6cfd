import fc from 'fast-check';
import { TIMES } from './instance.ts';
import type { NetworkWeather } from './network.ts';

/** A call of a client. Numbers name instances, merchants and, for a Validate, the keys from the newest one on. */
export type Command =
  | {
      readonly kind: 'generate' | 'revoke';
      readonly instance: number;
      readonly merchant: number;
      readonly waitMs: number;
    }
  | { readonly kind: 'validate'; readonly instance: number; readonly key: number; readonly waitMs: number };

export const FAULT_KINDS = [
  'crash',
  'pause',
  'cut from cache',
  'cut from authority',
  'authority away',
  'connections closed',
  'cache restarted',
  'fail-over',
  'other cache',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Since the fault before it, in milliseconds. */
  readonly waitMs: number;
  /** How long it lasts, where it lasts. */
  readonly lastsMs: number;
  /** Which instance, cache process or old copy, each modulo how many there are. */
  readonly instance: number;
  readonly cache: number;
  readonly copy: number;
}

/** Where each instance's cache is at first: the number of a process, or nothing for an instance without a cache. */
export interface Topology {
  readonly name: string;
  readonly routes: readonly (number | undefined)[];
  /** The processes that begin as replicas of process 0. */
  readonly replicas: readonly number[];
  readonly processes: number;
}

const only = undefined;
export const TOPOLOGIES = {
  oneCache: { name: 'one cache', routes: [0, 0], replicas: [], processes: 1 },
  oneCacheOfThree: { name: 'one cache, three instances', routes: [0, 0, 0], replicas: [], processes: 1 },
  twoCaches: { name: 'two caches', routes: [0, 1], replicas: [], processes: 2 },
  twoCachesOfThree: { name: 'two caches, three instances', routes: [0, 1, 0], replicas: [], processes: 2 },
  oneCached: { name: 'only one of three with a cache', routes: [only, 0, only], replicas: [], processes: 1 },
  oneWithout: { name: 'an instance without a cache', routes: [only, 0], replicas: [], processes: 1 },
  replica: { name: 'primary and replica', routes: [0, 0], replicas: [1], processes: 2 },
} as const satisfies Record<string, Topology>;

/** Everything about a run of the simulated world that is drawn, except for the order of its steps. */
export interface Plan {
  readonly topology: Topology;
  readonly clockRates: readonly number[];
  readonly clients: readonly (readonly Command[])[];
  readonly faults: readonly Fault[];
  readonly weather: Omit<NetworkWeather, 'latestMs'> & { readonly evicted: number };
  /** How often time passes while messages are under way. */
  readonly haste: number;
  /** How often every instance is asked for the newest keys meanwhile, in milliseconds; 0 for never. */
  readonly watchMs: number;
  /** For what each message meets. */
  readonly seed: number;
}

/** What a plan is drawn from. */
export interface Configuration {
  readonly topologies: readonly Topology[];
  readonly faults: readonly FaultKind[];
  readonly maxFaults: number;
  /** The longest times that a fault may last, in milliseconds. */
  readonly lastsMs: readonly number[];
  /** How many old copies of a cache's entries to choose from. */
  readonly copies: number;
  readonly merchants: number;
  /** The weights of Generate, Revoke and Validate. */
  readonly mix: readonly [number, number, number];
  readonly maxCommands: number;
  readonly clients: number;
  readonly lost: readonly number[];
  readonly late: readonly number[];
  readonly slow: NetworkWeather['slow'];
  readonly haste: readonly number[];
  readonly watchMs: readonly number[];
  readonly first: Prefix;
}

/** What happens first, before what is drawn: it leads to where drawn schedules alone rarely come. */
export interface Prefix {
  readonly clients: readonly (readonly Command[])[];
  readonly faults: readonly Omit<Fault, 'copy'>[];
  /** By up to how much each wait is drawn longer, in milliseconds. */
  readonly jitterMs: number;
}

/** All that the protocol has to stand. */
export const EVERYTHING: Configuration = {
  topologies: Object.values(TOPOLOGIES),
  faults: FAULT_KINDS,
  maxFaults: 6,
  lastsMs: [60, TIMES.leaseMs, 2.5 * TIMES.leaseMs],
  copies: 12,
  merchants: 2,
  mix: [3, 3, 6],
  maxCommands: 10,
  clients: 2,
  lost: [0, 0.02, 0.08],
  late: [0, 0.02, 0.08],
  slow: undefined,
  haste: [0, 0.05, 0.3, 1],
  watchMs: [0, 0, 25],
  first: { clients: [], faults: [], jitterMs: 0 },
};

export function plans(configuration: Configuration): fc.Arbitrary<Plan> {
  const { topologies, lost, late, slow, haste, watchMs } = configuration;
  return fc.record({
    topology: fc.constantFrom(...topologies),
    // They differ by less than a tenth: an assumption of docs/protocol.md.
    clockRates: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0.955, 1, 1.045))),
    clients: clients(configuration),
    faults: faults(configuration),
    weather: fc.record({
      lost: fc.constantFrom(...lost),
      late: fc.constantFrom(...late),
      slow: fc.constant(slow),
      evicted: fc.constantFrom(0, 0, 0.02),
    }),
    haste: fc.constantFrom(...haste),
    watchMs: fc.constantFrom(...watchMs),
    seed: fc.integer(),
  });
}

const small = fc.nat({ max: 5 });
/** Often at once, sometimes soon, sometimes after everything has settled. */
const waitMs = fc.oneof(fc.constant(0), fc.nat({ max: 30 }), fc.nat({ max: TIMES.leaseMs }));

function clients(configuration: Configuration): fc.Arbitrary<readonly (readonly Command[])[]> {
  const { clients: count, maxCommands, first } = configuration;
  const drawn = fc.array(command(configuration), { minLength: 2, maxLength: maxCommands, size: 'max' });
  const client = (index: number) =>
    fc.tuple(jittered(first.clients[index] ?? [], first.jitterMs), drawn).map((both) => both.flat());
  return fc.tuple(...Array.from({ length: count }, (_, index) => client(index)));
}

function command({ merchants, mix }: Configuration): fc.Arbitrary<Command> {
  const change = { instance: small, merchant: fc.nat({ max: merchants - 1 }), waitMs };
  const [generates, revokes, validates] = mix;
  const key = fc.nat({ max: 2 });
  return fc.oneof(
    { weight: generates, arbitrary: fc.record({ kind: fc.constant('generate' as const), ...change }) },
    { weight: revokes, arbitrary: fc.record({ kind: fc.constant('revoke' as const), ...change }) },
    {
      weight: validates,
      arbitrary: fc.record({ kind: fc.constant('validate' as const), instance: small, key, waitMs }),
    },
  );
}

function faults({ faults: kinds, maxFaults, lastsMs, copies, first }: Configuration): fc.Arbitrary<readonly Fault[]> {
  const copy = fc.nat({ max: copies });
  const drawn = fc.record({
    kind: fc.constantFrom(...kinds),
    waitMs,
    lastsMs: fc.oneof(...lastsMs.map((max) => fc.nat({ max: Math.floor(max) }))),
    instance: small,
    cache: small,
    copy,
  });
  const firstCopies = fc.tuple(...first.faults.map(() => copy));
  const firstFaults = fc
    .tuple(jittered(first.faults, first.jitterMs), firstCopies)
    .map(([fixed, drawnCopies]) => fixed.map((fault, index) => ({ ...fault, copy: drawnCopies[index] ?? 0 })));
  return fc.tuple(firstFaults, fc.array(drawn, { maxLength: maxFaults, size: 'max' })).map((both) => both.flat());
}

function jittered<T extends { readonly waitMs: number }>(fixed: readonly T[], jitterMs: number): fc.Arbitrary<T[]> {
  const more = fc.nat({ max: jitterMs });
  return fc.tuple(...fixed.map((item) => more.map((ms) => ({ ...item, waitMs: item.waitMs + ms }))));
}
