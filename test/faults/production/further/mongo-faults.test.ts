import { describeFaults } from '../fault-suite.ts';
import { mongoDelays } from '../scenarios/mongo-delays.ts';
import { mongoDropsConnections } from '../scenarios/mongo-drops-connections.ts';
import { mongoWriteConcernErrors } from '../scenarios/mongo-write-concern-errors.ts';

describeFaults('Further faults of MongoDB', [mongoDelays, mongoDropsConnections, mongoWriteConcernErrors]);
