import { type Change, precedes, type ValidateOperation } from './history.ts';
import type { KeyHistory, MerchantHistory } from './merchant-history.ts';
import type { Violation } from './violation.ts';
import { type Guarantee, World } from './world.ts';

/** Beyond so many possible worlds at once the question is given up. */
const MAX_WORLDS = 20_000;

/** A merchant with more changes at once than can be decided. */
export class TooConcurrent extends Error {
  override readonly name = 'TooConcurrent';
}

/** Something that happened, in the order of time; what is equal in time is taken in favour of the service. */
type Event =
  | { readonly atMs: number; readonly order: 0; readonly start: Change }
  | { readonly atMs: number; readonly order: 1; readonly accept: ValidateOperation; readonly key: KeyHistory }
  | { readonly atMs: number; readonly order: 2; readonly refusal: ValidateOperation; readonly key: KeyHistory }
  | { readonly atMs: number; readonly order: 3; readonly end: Change };

/**
 * The definition itself: the merchant's changes had their effects one after the other, each successful one between its
 * start and its end and each failed one after its start or never, so that all verdicts are right. It finds what no
 * other rule does, such as that two overlapping Generates cannot each have replaced the other's key.
 *
 * It goes through the history once with all worlds that are possible so far (Wing and Gong, "Testing and Verifying
 * Concurrent Objects", 1993; Lowe, "Testing for linearizability", 2017). Changes that overlap are few, and of a key's
 * verdicts only the accept that started last and the refusal that ended first matter: the time is nearly linear.
 *
 * @throws TooConcurrent
 */
export function someOrderExplains(merchant: MerchantHistory, guarantee: Guarantee): Violation[] {
  const running = new Set<Change>();
  let failed = 0;
  let worlds: readonly World[] = [World.beginning(guarantee, lastVerdictsMs(merchant.keys))];

  for (const event of eventsOf(merchant)) {
    if (event.order === 0) {
      if (event.start.outcome === 'ok') running.add(event.start);
      else failed++;
      continue;
    }
    const possible = afterAnyOf(running, worlds);
    worlds = distinct(possible.flatMap((world) => continueWith(world, event, failed)));
    if (worlds.length === 0) return [contradiction(merchant, event)];
    if (event.order === 3) running.delete(event.end);
  }
  return [];
}

function continueWith(world: World, event: Exclude<Event, { order: 0 }>, failed: number): World[] {
  switch (event.order) {
    case 1:
      return world.accepts(event.key.keyId) ? [world] : [];
    case 2: {
      if (world.isRevoked(event.key.keyId)) return [world];
      // As late as possible: until then the failed change may as well not have happened.
      return world.isActive(event.key.keyId) && world.lateEffects < failed ? [world.withLateEffect(event.atMs)] : [];
    }
    case 3:
      return world.includes(event.end) ? [world.withEnd(event.end, event.atMs)] : [];
  }
}

/** The worlds, and all in which some of the running changes have had their effect meanwhile, in any order. */
function afterAnyOf(running: ReadonlySet<Change>, worlds: readonly World[]): World[] {
  const found = new Map(worlds.map((world) => [world.identity, world]));
  for (const world of found.values()) {
    for (const change of running) {
      if (world.includes(change)) continue;
      const next = world.withEffect(change);
      const known = found.get(next.identity);
      if (known !== undefined && known.lateEffects <= next.lateEffects) continue;
      // Entered anew, so that what follows from the better one is found too.
      found.delete(next.identity);
      found.set(next.identity, next);
      if (found.size > MAX_WORLDS) throw new TooConcurrent(`${running.size} changes of a merchant overlap`);
    }
  }
  return [...found.values()];
}

/** Of worlds that are alike, the one that has used the fewest failed changes can do all that the others can. */
function distinct(worlds: readonly World[]): World[] {
  const best = new Map<string, World>();
  for (const world of worlds) {
    const known = best.get(world.identity);
    if (known === undefined || world.lateEffects < known.lateEffects) best.set(world.identity, world);
  }
  return [...best.values()];
}

function eventsOf({ changes, keys }: MerchantHistory): Event[] {
  const events = changes.flatMap((change): Event[] => {
    const start: Event = { atMs: change.startMs, order: 0, start: change };
    return change.outcome === 'ok' ? [start, { atMs: change.endMs, order: 3, end: change }] : [start];
  });
  for (const key of keys) {
    const accept = key.accepts.at(-1);
    const [refusal] = key.refusals;
    if (accept !== undefined) events.push({ atMs: accept.startMs, order: 1, accept, key });
    if (refusal !== undefined) events.push({ atMs: refusal.endMs, order: 2, refusal, key });
  }
  return events.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
}

/** The time of each key's last verdict that matters: afterwards it is all one which key it is. */
function lastVerdictsMs(keys: readonly KeyHistory[]): ReadonlyMap<string, number> {
  return new Map(
    keys.map(({ keyId, accepts, refusals }) => [
      keyId,
      Math.max(accepts.at(-1)?.startMs ?? -Infinity, refusals[0]?.endMs ?? -Infinity),
    ]),
  );
}

function contradiction({ merchantId, changes }: MerchantHistory, event: Exclude<Event, { order: 0 }>): Violation {
  const last = event.order === 1 ? event.accept : event.order === 2 ? event.refusal : event.end;
  const made = event.order === 3 ? last : event.key.made;
  const involved = changes.filter((change) => !precedes(change, made) && !precedes(last, change) && change !== last);
  return {
    rule: someOrderExplains.name,
    message: `no order of the changes of ${merchantId} explains all verdicts up to this one`,
    operations: involved.length === 0 ? [last] : [involved[0] as Change, ...involved.slice(1), last],
  };
}
