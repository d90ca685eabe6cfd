import { describeFaults } from '../fault-suite.ts';
import { randomMildFaults } from '../scenarios/random-mild-faults.ts';

describeFaults('A minute of random calls and faults', [randomMildFaults]);
