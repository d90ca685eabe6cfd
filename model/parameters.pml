/* Sizes and simplifications of a run. `check.sh` names the sets of them
 * (configurations) that it runs; README.md says what each leaves out.
 *
 * Simplifications, each a -D switch without a value:
 *   NO_LATE_REQUESTS      no registration or renewal arrives after its sender gave up
 *   STAYS_BOUND           once bound, an instance keeps connection and lease
 *   NO_RENEWAL            no renewals (a lease ends, or lasts for ever without time)
 *   NO_RELEASE            releases are lost
 *   NO_SKEW               all clocks run alike
 *   NO_CRASH              the revoking instance doesn't crash
 *   VALIDATE_IN_ONE_STEP  no races of fill tokens
 *   FLIP                  a process demoted and promoted again keeps its connections
 *   FLIP_AFTER=n          ... and that takes n ticks at least
 *   SECOND_ON=i           the operation on the second hash always runs on instance i
 * MUTANT_... removes one step of the protocol; REACH=... asks for a state. */

#ifndef HASHES
#define HASHES 1        /* 1: Revoke of hash 0.  2: Generate revokes 0, then Revoke revokes 1 */
#endif
#ifndef PROCESSES
#define PROCESSES 1     /* Redis processes */
#endif
#ifndef CACHES
#define CACHES 1        /* cache identities (process lives) in a run, numbered from 1 */
#endif
#ifndef GENERATIONS
#define GENERATIONS 3   /* generations in a run, numbered from 1 */
#endif
#ifndef FAULTS
#define FAULTS 0        /* restarts, promotions and demotions in a run */
#endif
#ifndef TICKS
#define TICKS 0         /* ticks of the clock in a run; 0: no time, so no lapse */
#endif
#ifndef LEASE
#define LEASE 2         /* leaseMs, in ticks */
#endif
#define MARGIN 1        /* in ticks; a tenth of the lease in the protocol */
#ifndef LEASE_IDS
#ifdef MUTANT_LEASE_PER_INSTANCE
#define LEASE_IDS 2
#else
#define LEASE_IDS 3     /* lease ids that exist at once; an id that is not referred to is used again */
#endif
#endif
#ifndef CONNECTIONS_0
#define CONNECTIONS_0 1 /* connections that instance 0 opens in a run */
#endif
#ifndef CONNECTIONS_1
#define CONNECTIONS_1 2 /* and instance 1 */
#endif
#ifndef VALIDATES
#define VALIDATES 2     /* Validates under way at once, each on any instance */
#endif
#ifndef SWEEPERS
#define SWEEPERS 1      /* 0: none, 1: on instance 1, 2: on both */
#endif

/* A condition, or a statement, for every cache, lease id or hash. */
#if CACHES==1
#define ALL_CACHES(condition) (condition(1))
#define ANY_CACHE(condition) (condition(1))
#define EACH_CACHE(statement) statement(1)
#elif CACHES==2
#define ALL_CACHES(condition) (condition(1) && condition(2))
#define ANY_CACHE(condition) (condition(1) || condition(2))
#define EACH_CACHE(statement) statement(1); statement(2)
#else
#define ALL_CACHES(condition) (condition(1) && condition(2) && condition(3))
#define ANY_CACHE(condition) (condition(1) || condition(2) || condition(3))
#define EACH_CACHE(statement) statement(1); statement(2); statement(3)
#endif
#if HASHES==1
#define ALL_HASHES(condition) (condition(0))
#define ANY_HASH(condition) (condition(0))
#define EACH_HASH(statement) statement(0)
#else
#define ALL_HASHES(condition) (condition(0) && condition(1))
#define ANY_HASH(condition) (condition(0) || condition(1))
#define EACH_HASH(statement) statement(0); statement(1)
#endif

/* Reachability: -DREACH=<one of these> makes reaching that state fail its assertion. */
#define HIT 1               /* a Validate answers valid from Redis */
#define FILL 2              /* a fill stores valid */
#define OWN_ACK 3           /* Revoke confirms through its own DEL */
#define LAPSE 4             /* Revoke confirms because a lapsed cache is gone */
#define SWEEPER_FINISH 5    /* the sweeper finishes what a crashed Revoke began */
#define RELEASE 6           /* Revoke confirms because a cache released its leases */
#define HIT_PROMOTED 7      /* a hit on the promoted process */
#define GETEX_REFUSED 8     /* a demoted process refuses what would be a stale accept */
#define SWEEPER_ACK 10      /* Revoke confirms through the sweeper's acknowledgement */
#define CONFIRM_BOTH 11     /* Revoke confirms two entries of the merchant, itself */
#define CONFIRMED_BY_OTHER 12 /* an entry is gone from pending before its operation concludes */
#define SECOND_KEY_HIT 13   /* the key made by Generate is validated from Redis */
#ifdef REACH
#define REACHED(state, condition) assert(!(REACH==state && (condition)))
#define NOTE(statement) statement
byte leftBy[CACHES+1];      /* why a lease went: */
#define BY_RELEASE 1
#define BY_LAPSE 2
bool crashed, swept;
#else
#define REACHED(state, condition) skip
#define NOTE(statement) skip
#endif
