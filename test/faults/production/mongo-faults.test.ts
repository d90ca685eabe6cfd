import { describeFaults } from './fault-suite.ts';
import { mongoDelays } from './scenarios/mongo-delays.ts';
import { mongoDropsConnections } from './scenarios/mongo-drops-connections.ts';
import { mongoKilled } from './scenarios/mongo-killed.ts';
import { mongoWriteConcernErrors } from './scenarios/mongo-write-concern-errors.ts';

describeFaults('Faults of MongoDB', [mongoKilled, mongoDropsConnections, mongoDelays, mongoWriteConcernErrors]);
