import type { Change } from './history.ts';

/**
 * What callers are promised:
 *
 * - `strict`: an accept is right as long as no change that came after the key's end had returned when the Validate
 *   started. This is the promise of the service with any store.
 * - `linearizable`: every call has its effect at one instant between its start and its end. This is what a store
 *   without a cache gives.
 */
export type Guarantee = 'strict' | 'linearizable';

/** A step that still matters: a key's end, or the effect of a change that has not returned yet. */
type Step = { readonly revoked: string } | { readonly effect: Change };

interface State {
  /** The active key; undefined when there is none, or nothing more is said about it. */
  readonly active: string | undefined;
  /** Keys that were revoked or replaced, and about which something more is said. */
  readonly revoked: ReadonlySet<string>;
  /** In their order. Ends are kept with `strict` only. */
  readonly steps: readonly Step[];
  readonly lateEffects: number;
}

/** One way in which a merchant's changes may have gone so far. Immutable. */
export class World {
  readonly #guarantee: Guarantee;
  readonly #lastVerdictsMs: ReadonlyMap<string, number>;
  readonly #state: State;
  /** The same for worlds that differ in {@link lateEffects} alone. */
  readonly identity: string;

  private constructor(guarantee: Guarantee, lastVerdictsMs: ReadonlyMap<string, number>, state: State) {
    this.#guarantee = guarantee;
    this.#lastVerdictsMs = lastVerdictsMs;
    this.#state = state;
    this.identity = identify(state);
  }

  /** @param lastVerdictsMs the keys about which something is said, and when for the last time */
  static beginning(guarantee: Guarantee, lastVerdictsMs: ReadonlyMap<string, number>): World {
    return new World(guarantee, lastVerdictsMs, { active: undefined, revoked: new Set(), steps: [], lateEffects: 0 });
  }

  /** How many failed changes have had an effect. */
  get lateEffects(): number {
    return this.#state.lateEffects;
  }

  isActive(keyId: string): boolean {
    return this.#state.active === keyId;
  }

  /** Whether the key was made, and was revoked or replaced. */
  isRevoked(keyId: string): boolean {
    return this.#state.revoked.has(keyId);
  }

  /** Whether a Validate that starts now may accept the key. */
  accepts(keyId: string): boolean {
    if (this.isActive(keyId)) return true;
    return (
      this.#guarantee === 'strict' && this.#state.steps.some((step) => 'revoked' in step && step.revoked === keyId)
    );
  }

  /** Whether the running change has had its effect. */
  includes(change: Change): boolean {
    return this.#state.steps.some((step) => 'effect' in step && step.effect === change);
  }

  /** The running change has its effect now. */
  withEffect(change: Change): World {
    const keyId = change.kind === 'generate' ? change.keyId : undefined;
    const ended = this.#withoutActive();
    return this.#next({
      ...ended,
      active: keyId !== undefined && this.#lastVerdictMs(keyId) > -Infinity ? keyId : undefined,
      steps: [...ended.steps, { effect: change }],
    });
  }

  /** A failed change ends the active key now. */
  withLateEffect(nowMs: number): World {
    return this.#forgetting({ ...this.#withoutActive(), lateEffects: this.lateEffects + 1 }, nowMs);
  }

  /** The change returns now: the keys that were revoked by its effect, or before it, count as confirmed. */
  withEnd(change: Change, nowMs: number): World {
    const { steps } = this.#state;
    const index = steps.findIndex((step) => 'effect' in step && step.effect === change);
    const remaining = steps.filter((step, at) => at !== index && !('revoked' in step && at < index));
    return this.#forgetting({ ...this.#state, steps: remaining }, nowMs);
  }

  #withoutActive(): State {
    const { active, revoked, steps } = this.#state;
    if (active === undefined) return this.#state;
    return {
      ...this.#state,
      active: undefined,
      revoked: new Set([...revoked, active]),
      steps: this.#guarantee === 'strict' ? [...steps, { revoked: active }] : steps,
    };
  }

  /** Forgets the keys about which nothing more is said, so that fewer worlds differ. */
  #forgetting(state: State, nowMs: number): World {
    const matters = (keyId: string) => this.#lastVerdictMs(keyId) >= nowMs;
    return this.#next({
      ...state,
      active: state.active !== undefined && matters(state.active) ? state.active : undefined,
      revoked: new Set([...state.revoked].filter(matters)),
      steps: state.steps.filter((step) => 'effect' in step || matters(step.revoked)),
    });
  }

  #lastVerdictMs(keyId: string): number {
    return this.#lastVerdictsMs.get(keyId) ?? Number.NEGATIVE_INFINITY;
  }

  #next(state: State): World {
    return new World(this.#guarantee, this.#lastVerdictsMs, state);
  }
}

/** Effects with no key's end between them may stand in any order. */
function identify({ active, revoked, steps }: State): string {
  const groups: string[] = [];
  let effects: number[] = [];
  const flush = () => {
    groups.push(effects.sort((a, b) => a - b).join(','));
    effects = [];
  };
  for (const step of steps) {
    if ('effect' in step) effects.push(numberOf(step.effect));
    else {
      flush();
      groups.push(`†${step.revoked}`);
    }
  }
  flush();
  return `${active ?? ''}|${[...revoked].sort().join(',')}|${groups.join(';')}`;
}

const numbers = new WeakMap<Change, number>();
let nextNumber = 1;

/** A number of the change's own, that sets it apart from others in a text. */
function numberOf(change: Change): number {
  const known = numbers.get(change);
  if (known !== undefined) return known;
  numbers.set(change, nextNumber);
  return nextNumber++;
}
