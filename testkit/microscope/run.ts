import type { Scheduler } from 'fast-check';
import { checkHistory } from '../history/checker.ts';
import type { History } from '../history/history.ts';
import type { Violation } from '../history/violation.ts';
import { type Clients, createClients } from './clients.ts';
import { createFaults, type Faults } from './faults.ts';
import { type Instance, TIMES } from './instance.ts';
import type { Mutation } from './mutation.ts';
import type { Command, Plan } from './plan.ts';
import { createWorld, type World } from './world.ts';

/** What a run of the simulated world showed. */
export interface RunResult {
  /** Promises that were broken: a stale accept, or another wrong answer. */
  readonly violations: readonly Violation[];
  /** What did not come to its end although every fault had. */
  readonly unfinished: readonly string[];
  readonly history: History;
  /** Steps taken. */
  readonly steps: number;
}

/** How many keys are asked for after a change, and by who watches. */
const NEWEST = 3;
const UNMUTATED: Mutation = {};
/** For calls that began during the faults. */
const CALL_LIMIT_MS = TIMES.confirmTimeoutMs * 3;
/** A lease on the slowest clock, and what comes before and after it. */
const CONFIRMED_WITHIN_MS = TIMES.leaseMs * 1.5 + 4 * TIMES.authorityTimeoutMs;

/** Runs a plan in the order that the scheduler draws, to its end and to that of all work; then judges it. */
export async function run(scheduler: Scheduler<string>, plan: Plan, mutation = UNMUTATED): Promise<RunResult> {
  const world = createWorld(scheduler, plan, mutation);
  const clients = createClients();
  const unfinished: string[] = [];
  const take = async (what: string, condition: () => boolean, limitMs: number) => {
    try {
      await world.steps.takeUntil(what, condition, limitMs);
    } catch (error) {
      unfinished.push((error as Error).message);
    }
  };

  const faults = createFaults(world);
  await actOut(world, clients, faults, plan, take);
  faults.end();
  await take('the calls that began during the faults end', () => clients.running === 0, CALL_LIMIT_MS);
  await checkLiveness(world, clients, take, unfinished);
  await stop(world, take);

  const { violations } = checkHistory(clients.history(), { guarantee: 'strict' });
  return { violations, unfinished, history: clients.history(), steps: world.steps.taken };
}

type Take = (what: string, condition: () => boolean, limitMs: number) => Promise<void>;

async function actOut(world: World, clients: Clients, faults: Faults, plan: Plan, take: Take): Promise<void> {
  let acting = plan.clients.length + 1;
  const pause = (ms: number) => new Promise<void>((resolve) => world.time.after(ms, resolve));
  const client = async (commands: readonly Command[]) => {
    for (const command of commands) {
      if (command.waitMs > 0) await pause(command.waitMs);
      await world.steps.turn('a client goes on');
      world.caches.copy();
      await call(world, clients, command);
    }
    acting--;
  };
  const happen = async () => {
    for (const fault of plan.faults) {
      await pause(fault.waitMs);
      await world.steps.turn(fault.kind);
      faults.letHappen(fault);
    }
    acting--;
  };
  const watch = async () => {
    while (plan.watchMs > 0 && acting > 0) {
      await pause(plan.watchMs);
      if (acting > 0) validateNewest(world, clients);
    }
  };
  for (const commands of plan.clients) void client(commands);
  void happen();
  void watch();
  await take('the plan is acted out', () => acting === 0, CALL_LIMIT_MS * plan.clients.flat().length);
}

async function call(world: World, clients: Clients, command: Command): Promise<void> {
  const instance = world.instances[command.instance % world.instances.length] as Instance;
  if (command.kind === 'validate') {
    const keyId = clients.keys.at(-1 - command.key) ?? clients.keys[0];
    if (keyId !== undefined) await clients.validate(instance, keyId);
    return;
  }
  const { outcome } = await clients[command.kind](instance, `m${command.merchant}`);
  // What the change revoked is asked for at once, everywhere: nothing is refused later that is accepted now.
  if (outcome === 'ok') validateNewest(world, clients);
}

function validateNewest({ instances }: World, clients: Clients): void {
  for (const keyId of clients.keys.slice(-NEWEST)) for (const each of instances) void clients.validate(each, keyId);
}

/** With every fault over, the service has to come to rest, and to work. */
async function checkLiveness(world: World, clients: Clients, take: Take, unfinished: string[]): Promise<void> {
  const { instances } = world;
  const outcomes: string[] = [];
  for (const merchantId of ['m0', 'm1']) {
    for (const instance of instances) {
      void clients.revoke(instance, merchantId).then(({ outcome }) => outcomes.push(outcome));
    }
  }
  await take('a Revoke after the faults is confirmed', () => clients.running === 0, CONFIRMED_WITHIN_MS);
  const failed = outcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'not_found');
  if (failed.length > 0) unfinished.push(`Revokes after the faults failed: ${failed.join(', ')}`);
  for (const keyId of clients.keys) for (const instance of instances) void clients.validate(instance, keyId);
  await take('a Validate after the faults is answered', () => clients.running === 0, CONFIRMED_WITHIN_MS);

  await take(
    'what is pending is swept, leases lapse, instances are bound',
    comesToRest(world),
    2 * CONFIRMED_WITHIN_MS,
  );
}

/** Nothing is pending, every lease has an instance, and every instance that has a primary to be bound to has a lease. */
function comesToRest({ at, caches, instances, routes }: World): () => boolean {
  let pending = Number.POSITIVE_INFINITY;
  let leases = 0;
  const look = async () => {
    pending = (await at.pending.list()).length;
    leases = (await at.registry.read()).reduce((sum, cache) => sum + cache.leases.size, 0);
  };
  return () => {
    void look();
    const bound = instances.map((instance) => instance.isBound());
    const bindable = routes.map((route) => route !== undefined && caches.isPrimary(route));
    return (
      pending === 0 && leases === bound.filter(Boolean).length && bindable.every((may, index) => !may || bound[index])
    );
  };
}

/** Everything ends: no instance, no call and no timer goes on for ever. */
async function stop({ instances, time, steps }: World, take: Take): Promise<void> {
  let closed = 0;
  for (const instance of instances) void instance.close().then(() => closed++);
  await take('the instances stop', () => closed === instances.length, CONFIRMED_WITHIN_MS);
  await take('nothing is left to do', () => time.waiting === 0 && steps.waiting === 0, CALL_LIMIT_MS);
}
