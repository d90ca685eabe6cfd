import fc from 'fast-check';
import { TIMES } from './instance.ts';

/** A call of a client. Numbers name instances, merchants and, for a Validate, the keys from the newest one on. */
export type Command =
  | { readonly kind: 'generate' | 'revoke'; readonly instance: number; readonly merchant: number; readonly waitMs: number }
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
  oneWithout: { name: 'an instance without a cache', routes: [only, 0], replicas: [], processes: 1 },
  replica: { name: 'primary and replica', routes: [0, 0], replicas: [1], processes: 2 },
} as const satisfies Record<string, Topology>;

/** Everything about a run of the simulated world that is drawn, except for the order of its steps. */
export interface Plan {
  readonly topology: Topology;
  readonly clockRates: readonly number[];
  readonly clients: readonly (readonly Command[])[];
  readonly faults: readonly Fault[];
  readonly weather: { readonly lost: number; readonly late: number; readonly evicted: number };
  /** How often time passes while messages are under way. */
  readonly haste: number;
  /** For what each message meets. */
  readonly seed: number;
}

/** What a plan is drawn from. */
export interface Configuration {
  readonly topologies: readonly Topology[];
  readonly faults: readonly FaultKind[];
  readonly maxFaults: number;
  readonly merchants: number;
  /** The weights of Generate, Revoke and Validate. */
  readonly mix: readonly [number, number, number];
  readonly maxCommands: number;
  readonly clients: number;
  /** The highest odds that a message is lost or late. */
  readonly badWeather: number;
}

/** All that the protocol has to stand. */
export const EVERYTHING: Configuration = {
  topologies: Object.values(TOPOLOGIES),
  faults: FAULT_KINDS,
  maxFaults: 6,
  merchants: 2,
  mix: [3, 3, 8],
  maxCommands: 10,
  clients: 2,
  badWeather: 0.08,
};

export function plans(configuration: Configuration): fc.Arbitrary<Plan> {
  const { topologies, maxFaults, clients, maxCommands, badWeather } = configuration;
  const odds = fc.constantFrom(0, badWeather / 4, badWeather);
  return fc.record({
    topology: fc.constantFrom(...topologies),
    // They differ by less than a tenth: an assumption of docs/protocol.md.
    clockRates: fc.array(fc.constantFrom(0.955, 1, 1.045), { minLength: 3, maxLength: 3 }),
    clients: fc.array(fc.array(commands(configuration), { minLength: 2, maxLength: maxCommands, size: 'max' }), {
      minLength: clients,
      maxLength: clients,
    }),
    faults: fc.array(faults(configuration), { maxLength: maxFaults, size: 'max' }),
    weather: fc.record({ lost: odds, late: odds, evicted: fc.constantFrom(0, 0, 0.02) }),
    haste: fc.constantFrom(0, 0.05, 0.3, 1),
    seed: fc.integer(),
  });
}

const small = fc.nat({ max: 5 });
/** Often at once, sometimes soon, sometimes after everything has settled. */
const waitMs = fc.oneof(fc.constant(0), fc.nat({ max: 30 }), fc.nat({ max: TIMES.leaseMs }));

function commands({ merchants, mix }: Configuration): fc.Arbitrary<Command> {
  const change = { instance: small, merchant: fc.nat({ max: merchants - 1 }), waitMs };
  const [generates, revokes, validates] = mix;
  return fc.oneof(
    { weight: generates, arbitrary: fc.record({ kind: fc.constant('generate' as const), ...change }) },
    { weight: revokes, arbitrary: fc.record({ kind: fc.constant('revoke' as const), ...change }) },
    {
      weight: validates,
      arbitrary: fc.record({ kind: fc.constant('validate' as const), instance: small, key: fc.nat({ max: 2 }), waitMs }),
    },
  );
}

function faults({ faults: kinds }: Configuration): fc.Arbitrary<Fault> {
  return fc.record({
    kind: fc.constantFrom(...kinds),
    waitMs,
    lastsMs: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: TIMES.leaseMs }), fc.nat({ max: 2.5 * TIMES.leaseMs })),
    instance: small,
    cache: small,
    copy: fc.nat({ max: 30 }),
  });
}
