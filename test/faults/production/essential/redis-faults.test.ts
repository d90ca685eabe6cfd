import { describeFaults } from '../fault-suite.ts';
import { redisFailedOver } from '../scenarios/redis-failed-over.ts';
import { redisKilled } from '../scenarios/redis-killed.ts';
import { redisOldPrimaryDemoted } from '../scenarios/redis-old-primary-demoted.ts';
import { redisRestartedFromSnapshot } from '../scenarios/redis-restarted-from-snapshot.ts';

describeFaults('Faults of Redis', [redisKilled, redisRestartedFromSnapshot, redisFailedOver, redisOldPrimaryDemoted]);
