import { describeFaults } from '../fault-suite.ts';
import { mongoLinkCut } from '../scenarios/mongo-link-cut.ts';
import { mongoLinkDelayed } from '../scenarios/mongo-link-delayed.ts';
import { mongoLinkHalfOpen } from '../scenarios/mongo-link-half-open.ts';
import { redisLinkDelayed } from '../scenarios/redis-link-delayed.ts';
import { validatedWhileRevoked } from '../scenarios/validated-while-revoked.ts';

describeFaults('Further faults of links', [
  mongoLinkCut,
  mongoLinkDelayed,
  mongoLinkHalfOpen,
  redisLinkDelayed,
  validatedWhileRevoked,
]);
