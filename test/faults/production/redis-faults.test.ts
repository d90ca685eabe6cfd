import { describeFaults } from './fault-suite.ts';
import { redisAbsentAtStart } from './scenarios/redis-absent-at-start.ts';
import { redisFailedOver } from './scenarios/redis-failed-over.ts';
import { redisFull } from './scenarios/redis-full.ts';
import { redisKilled } from './scenarios/redis-killed.ts';
import { redisOldPrimaryDemoted } from './scenarios/redis-old-primary-demoted.ts';
import { redisPasswordRefused } from './scenarios/redis-password-refused.ts';
import { redisPaused } from './scenarios/redis-paused.ts';
import { redisReadOnly } from './scenarios/redis-read-only.ts';
import { redisRestartedEmpty } from './scenarios/redis-restarted-empty.ts';
import { redisRestartedFromSnapshot } from './scenarios/redis-restarted-from-snapshot.ts';
import { redisResynchronisedMidValidate } from './scenarios/redis-resynchronised-mid-validate.ts';

describeFaults('Faults of Redis', [
  redisKilled,
  redisRestartedEmpty,
  redisRestartedFromSnapshot,
  redisFailedOver,
  redisOldPrimaryDemoted,
  redisResynchronisedMidValidate,
  redisPaused,
  redisFull,
  redisReadOnly,
  redisPasswordRefused,
  redisAbsentAtStart,
]);
