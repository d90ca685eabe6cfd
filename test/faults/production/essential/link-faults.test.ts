import { describeFaults } from '../fault-suite.ts';
import { fillRacesRevoke } from '../scenarios/fill-races-revoke.ts';
import { redisLinkCut } from '../scenarios/redis-link-cut.ts';
import { redisLinkHalfOpen } from '../scenarios/redis-link-half-open.ts';

describeFaults('Faults of links', [fillRacesRevoke, redisLinkCut, redisLinkHalfOpen]);
