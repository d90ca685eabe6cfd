import { describeFaults } from '../fault-suite.ts';
import { instanceTerminatedWhileRevoking } from '../scenarios/instance-terminated-while-revoking.ts';
import { revokingInstanceWithoutRedis } from '../scenarios/revoking-instance-without-redis.ts';

describeFaults('Further faults of an instance', [instanceTerminatedWhileRevoking, revokingInstanceWithoutRedis]);
