/* The authority (MongoDB): each macro or inline here is one atomic update or one
 * linearizable read.  Elections and rollbacks are not modelled. */

/* The merchant's document.  Hash 0 is its active key at the start; with two hashes,
 * retiring hash 0 (Generate) makes hash 1 the active one. */
bool revoked[HASHES];
bool pending[HASHES];       /* the hash has a pending entry */
byte acks[HASHES];          /* that entry's acks, a bit for each cache */
bool succeeded[HASHES];     /* ghost: an operation returned success that promises the hash is revoked */
#if HASHES==1
#define VERDICT(hash) (revoked[hash] -> REVOKED : VALID)
#else
#define VERDICT(hash) (revoked[hash] -> REVOKED : ((hash)==0 || revoked[0] -> VALID : NOTHING))
#endif
#define BIT(cache) (1<<(cache))
#define REMOVE_PENDING(hash) pending[hash]=0; acks[hash]=0

/* The registry. */
byte registry[CACHES+1];    /* the cache's generation; 0: it is not there */
byte nextGeneration = 1;
#define MAY_ENTER(cache) (registry[cache]!=0 || nextGeneration<=GENERATIONS)

/* A lease's count, 0: no such lease.  A count is only ever compared with what a remover
 * read, so 1: it changed since, 2: still as read.  (A lease named after its instance can
 * come again with a count it had: there it is the count itself.) */
byte leases[(CACHES+1)*LEASE_IDS];
#define COUNT(cache, id) leases[(cache)*LEASE_IDS+(id)]
#ifdef MUTANT_LEASE_PER_INSTANCE
#define INCREMENT(cache, id) COUNT(cache, id) = (COUNT(cache, id)<3 -> COUNT(cache, id)+1 : 3)
#else
#define INCREMENT(cache, id) COUNT(cache, id) = 1
#endif
#if LEASE_IDS==2
#define WITHOUT_LEASES(cache) (COUNT(cache, 0)==0 && COUNT(cache, 1)==0)
#else
#define WITHOUT_LEASES(cache) (COUNT(cache, 0)==0 && COUNT(cache, 1)==0 && COUNT(cache, 2)==0)
#endif

/* Register 2: own new lease under the cache's generation, or the cache with a fresh one. */
inline enterRegistry(itsCache, itsLease, itsGeneration) {
  if
  :: registry[itsCache]!=0 -> itsGeneration=registry[itsCache]
  :: else ->
#ifdef MUTANT_CONSTANT_GENERATION
     registry[itsCache]=itsCache; itsGeneration=itsCache
#else
     registry[itsCache]=nextGeneration; itsGeneration=nextGeneration; nextGeneration++
#endif
  fi;
  INCREMENT(itsCache, itsLease-1)
}

/* Renew 4: matched on cache, generation and own lease still being there. */
inline renewLease(itsCache, itsLease, itsGeneration, matched) {
#ifdef MUTANT_RENEWAL_UNMATCHED
  matched = (registry[itsCache]!=0);
#else
#ifdef MUTANT_LEASE_PER_INSTANCE
  matched = (registry[itsCache]==itsGeneration);
#else
  matched = (registry[itsCache]==itsGeneration && COUNT(itsCache, itsLease-1)!=0);
#endif
#endif
  if :: matched -> INCREMENT(itsCache, itsLease-1) :: else fi
}

/* Release 5: remove own lease, matched on the generation. */
inline removeLease(itsCache, itsLease, itsGeneration) {
  if
#ifdef MUTANT_LEASE_PER_INSTANCE
  :: true ->
#else
  :: registry[itsCache]==itsGeneration ->
#endif
     COUNT(itsCache, itsLease-1)=0;
     NOTE(leftBy[itsCache]=BY_RELEASE)
#ifndef MUTANT_LEASE_PER_INSTANCE
  :: else
#endif
  fi
}

/* Requests that their sender no longer waits for, or never waited for.  They arrive at
 * any later time, or never. */
typedef Request { byte cache, lease, generation };
Request releasing[2];       /* a release of instance i; cache 0: none */
Request late[2];            /* a renewal, or (generation 0) a registration, given up by i */

inline release(instance, itsCache, itsLease, itsGeneration) {
#ifndef NO_RELEASE
  if
  :: releasing[instance].cache==0 ->
     releasing[instance].cache=itsCache;
     releasing[instance].lease=itsLease;
     releasing[instance].generation=itsGeneration
  :: else
  fi;
#endif
  skip
}
#define FORGET(request) request.cache=0; request.lease=0; request.generation=0
#define ARRIVE_RELEASE(instance) \
  atomic { releasing[instance].cache!=0 -> \
    removeLease(releasing[instance].cache, releasing[instance].lease, releasing[instance].generation); \
    FORGET(releasing[instance]) }
#define ARRIVE_LATE(instance) \
  atomic { late[instance].cache!=0 && (late[instance].generation!=0 || MAY_ENTER(late[instance].cache)) -> \
    if \
    :: late[instance].generation==0 -> enterRegistry(late[instance].cache, late[instance].lease, got) \
    :: else -> renewLease(late[instance].cache, late[instance].lease, late[instance].generation, matched) \
    fi; \
    FORGET(late[instance]); got=0; matched=0 }
/* a cache without leases is removed: an update of its own, at any later time */
#define REMOVE_CACHE(cache) atomic { registry[cache]!=0 && WITHOUT_LEASES(cache) -> registry[cache]=0 }

active proctype Arrivals() {
  byte got; bool matched;
  do
  :: ARRIVE_RELEASE(0)
  :: ARRIVE_RELEASE(1)
#ifndef NO_LATE_REQUESTS
  :: ARRIVE_LATE(0)
  :: ARRIVE_LATE(1)
#endif
  :: REMOVE_CACHE(1)
#if CACHES>1
  :: REMOVE_CACHE(2)
#endif
#if CACHES>2
  :: REMOVE_CACHE(3)
#endif
  od
}
