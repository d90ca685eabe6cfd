import { describeFaults } from './fault-suite.ts';
import { fillRacesRevoke } from './scenarios/fill-races-revoke.ts';
import { mongoLinkCut } from './scenarios/mongo-link-cut.ts';
import { mongoLinkDelayed } from './scenarios/mongo-link-delayed.ts';
import { mongoLinkHalfOpen } from './scenarios/mongo-link-half-open.ts';
import { redisLinkCut } from './scenarios/redis-link-cut.ts';
import { redisLinkDelayed } from './scenarios/redis-link-delayed.ts';
import { redisLinkHalfOpen } from './scenarios/redis-link-half-open.ts';
import { validatedWhileRevoked } from './scenarios/validated-while-revoked.ts';

describeFaults('Faults of links', [
  fillRacesRevoke,
  validatedWhileRevoked,
  redisLinkCut,
  redisLinkDelayed,
  redisLinkHalfOpen,
  mongoLinkCut,
  mongoLinkDelayed,
  mongoLinkHalfOpen,
]);
