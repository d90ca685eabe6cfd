import { describeFaults } from '../fault-suite.ts';
import { redisAbsentAtStart } from '../scenarios/redis-absent-at-start.ts';
import { redisFull } from '../scenarios/redis-full.ts';
import { redisPasswordRefused } from '../scenarios/redis-password-refused.ts';
import { redisPaused } from '../scenarios/redis-paused.ts';
import { redisReadOnly } from '../scenarios/redis-read-only.ts';
import { redisRestartedEmpty } from '../scenarios/redis-restarted-empty.ts';
import { redisResynchronisedMidValidate } from '../scenarios/redis-resynchronised-mid-validate.ts';

describeFaults('Further faults of Redis', [
  redisAbsentAtStart,
  redisFull,
  redisPasswordRefused,
  redisPaused,
  redisReadOnly,
  redisRestartedEmpty,
  redisResynchronisedMidValidate,
]);
