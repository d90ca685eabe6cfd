import { describeFaults } from './fault-suite.ts';
import { instanceKilledBeforeInvalidation } from './scenarios/instance-killed-before-invalidation.ts';
import { instancePausedMidValidate } from './scenarios/instance-paused-mid-validate.ts';
import { instanceTerminatedWhileRevoking } from './scenarios/instance-terminated-while-revoking.ts';
import { revokingInstanceWithoutRedis } from './scenarios/revoking-instance-without-redis.ts';

describeFaults('Faults of an instance', [
  instanceKilledBeforeInvalidation,
  instancePausedMidValidate,
  instanceTerminatedWhileRevoking,
  revokingInstanceWithoutRedis,
]);
