import { describeFaults } from '../fault-suite.ts';
import { mongoKilled } from '../scenarios/mongo-killed.ts';

describeFaults('Faults of MongoDB', [mongoKilled]);
