import type { Patch } from '../../../testkit/history/source-copy.ts';
import type { FaultScenario } from '../production/fault.ts';
import { fillRacesRevoke } from '../production/scenarios/fill-races-revoke.ts';
import { instancePausedMidValidate } from '../production/scenarios/instance-paused-mid-validate.ts';
import { redisLinkCut } from '../production/scenarios/redis-link-cut.ts';
import { redisOldPrimaryDemoted } from '../production/scenarios/redis-old-primary-demoted.ts';
import { redisRestartedFromSnapshot } from '../production/scenarios/redis-restarted-from-snapshot.ts';
import { validatedWhileRevoked } from '../production/scenarios/validated-while-revoked.ts';

/** A step of the protocol that is taken away, and the fault that has to show it. */
export interface NegativeControl {
  readonly name: string;
  readonly patch: Patch;
  readonly scenario: FaultScenario;
}

export const NEGATIVE_CONTROLS: readonly NegativeControl[] = [
  {
    name: 'no compare-and-set: a fill replaces whatever stands there',
    patch: {
      path: 'src/store/redis/redis-connection.ts',
      find: "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n",
      replace: '',
    },
    scenario: fillRacesRevoke,
  },
  {
    name: 'generation ignored: entries of all times are alike',
    patch: {
      path: 'src/store/redis/entry.ts',
      find: 'export function entryKey(generation: Generation, hash: KeyHash): string {',
      replace: "export function entryKey(_: Generation, hash: KeyHash): string { const generation = 'always';",
    },
    scenario: redisRestartedFromSnapshot,
  },
  {
    name: 'GET for GETEX: a demoted process answers',
    patch: { path: 'src/store/redis/redis-connection.ts', find: 'redis.getex(key)', replace: 'redis.get(key)' },
    scenario: redisOldPrimaryDemoted,
  },
  {
    name: 'lease unchecked: a binding is used for ever',
    patch: {
      path: 'src/revocation/binder.ts',
      find: 'asked === binding && performance.now() < asked.usableUntilMs',
      replace: 'asked === binding',
    },
    scenario: instancePausedMidValidate,
  },
  {
    name: 'invalidation before commit',
    patch: {
      path: 'src/revocation/strict-store.ts',
      find: `      const { pending, everHadKey } = await authority.revoke(merchantId, revokedAt);
      await confirmer.confirm(merchantId, pending);
`,
      replace: `      const active = await authority.findActive(merchantId);
      if (active !== undefined) await confirmer.confirm(merchantId, [active.hash]);
      const { everHadKey } = await authority.revoke(merchantId, revokedAt);
`,
    },
    scenario: validatedWhileRevoked,
  },
  {
    name: 'caches out of reach ignored: a Revoke waits for nobody',
    patch: {
      path: 'src/revocation/confirmer.ts',
      find: 'if (open.length === 0) break;',
      replace: 'break;',
    },
    scenario: redisLinkCut,
  },
];
