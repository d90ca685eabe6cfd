import { expect } from 'chai';
import type { CacheObserver } from '../../src/revocation/cache-observer.ts';
import { describeFinding, type Exploration, explore } from '../../testkit/microscope/explore.ts';
import { FAIL_OVERS, RACES } from '../../testkit/microscope/mutants/grounds.ts';
import { MUTANTS } from '../../testkit/microscope/mutants/mutants.ts';
import type { Mutation } from '../../testkit/microscope/mutation.ts';
import { EVERYTHING } from '../../testkit/microscope/plan.ts';
import type { RunResult } from '../../testkit/microscope/run.ts';
import { CHOSEN } from './chosen-schedules.ts';

const TIMEOUT_MS = 120_000;

function expectNothing({ finding }: Exploration): void {
  if (finding !== undefined) expect.fail(describeFinding(finding));
}

describe('The revocation protocol under the microscope', function () {
  this.timeout(TIMEOUT_MS);

  it('keeps every promise and comes to rest, whatever goes wrong in whatever order', async () => {
    const { seed, path, schedules = 2_000 } = CHOSEN;

    const exploration = await explore({ configuration: EVERYTHING, seed, path, schedules });

    expectNothing(exploration);
  });

  for (const configuration of new Set(MUTANTS.map((mutant) => mutant.configuration))) {
    const mutants = MUTANTS.filter((mutant) => mutant.configuration === configuration && !mutant.breaksAssumption);
    if (mutants.length === 0) continue;
    it(`keeps every promise where ${mutants.map(({ number }) => number).join(', ')} would show`, async () => {
      const { seed, path, schedules = 60 } = CHOSEN;

      const exploration = await explore({ configuration, seed, path, schedules });

      expectNothing(exploration);
    });
  }

  it('comes to the states that the promise is about', async () => {
    const reached = new Map<string, number>();
    const reach = (state: string) => reached.set(state, (reached.get(state) ?? 0) + 1);

    for (const configuration of [EVERYTHING, FAIL_OVERS]) {
      await explore({ configuration, seed: 1, schedules: 100, mutation: observing(reach) });
    }

    expect([...reached.keys()]).to.include.members([
      'a lookup answered by redis',
      'a lookup answered by authority',
      'a lookup answered by authority_filled',
      'a wait that ended confirmed',
      'a lapsed lease removed',
      'a sweeper’s acknowledgement',
      'a replica refuses',
    ]);
  });

  it('runs the schedule of a finding again for its seed and path', async () => {
    const mutation = MUTANTS.find(({ number }) => number === 'M2')?.mutation ?? {};
    const search = { configuration: RACES, mutation, seed: 1, schedules: 500 };
    const { finding } = await explore(search);

    const again = await explore({ ...search, path: finding?.path });

    expect(finding).not.to.equal(undefined);
    expect(again).to.deep.equal({ schedules: 1, finding });
  });

  it('runs the same schedule again for the same seed', async () => {
    const runs: RunResult[][] = [[], []];

    for (const run of runs) {
      const keep = (result: RunResult) => run.push(result) < 0;
      await explore({ configuration: EVERYTHING, seed: 7, schedules: 20, isFinding: keep });
    }

    expect(runs[0]).to.have.length(20);
    expect(runs[0]).to.deep.equal(runs[1]);
  });
});

/** Changes nothing, and calls back for each state that occurs. */
function observing(reach: (state: string) => void): Mutation {
  const observed = (observer: CacheObserver): CacheObserver => ({
    ...observer,
    lookedUp: (source) => reach(`a lookup answered by ${source}`),
    confirmationEnded: (outcome, _seconds, waited) => waited && reach(`a wait that ended ${outcome}`),
  });
  return {
    parts: ({ createConfirmer, createCachedStore }) => ({
      createConfirmer: (options) => createConfirmer({ ...options, observer: observed(options.observer) }),
      createCachedStore: (store, options) =>
        createCachedStore(store, { ...options, observer: observed(options.observer) }),
    }),
    authority: ({ pending, registry }) => ({
      pending: {
        ...pending,
        acknowledge(entry, generation) {
          reach('a sweeper’s acknowledgement');
          return pending.acknowledge(entry, generation);
        },
      },
      registry: {
        ...registry,
        removeLapsed(...lease) {
          reach('a lapsed lease removed');
          return registry.removeLapsed(...lease);
        },
      },
    }),
    atCache: (connection) => ({
      ...connection,
      async read(key) {
        try {
          return await connection.read(key);
        } catch (error) {
          if (String(error).includes('READONLY')) reach('a replica refuses');
          throw error;
        }
      },
    }),
  };
}
