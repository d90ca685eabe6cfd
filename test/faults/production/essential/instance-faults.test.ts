import { describeFaults } from '../fault-suite.ts';
import { instanceKilledBeforeInvalidation } from '../scenarios/instance-killed-before-invalidation.ts';
import { instancePausedMidValidate } from '../scenarios/instance-paused-mid-validate.ts';

describeFaults('Faults of an instance', [instanceKilledBeforeInvalidation, instancePausedMidValidate]);
