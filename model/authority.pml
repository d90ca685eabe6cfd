/* The authority (MongoDB): each macro or inline here is one atomic update or one
 * linearizable read.  Elections and rollbacks are taken at their word. */

/* The merchant's document.  Hash 0 is its active key at the start; with two hashes,
 * retiring hash 0 (Generate) makes hash 1 the active one. */
bool retired[HASHES];
bool pending[HASHES];       /* the hash has a pending entry */
byte acks[HASHES];          /* that entry's acks, a bit for each holder */
bool succeeded[HASHES];     /* ghost: an operation returned success that promises the hash is dead */
#if HASHES==1
#define VERDICT(hash) (retired[hash] -> REVOKED : VALID)
#else
#define VERDICT(hash) (retired[hash] -> REVOKED : ((hash)==0 || retired[0] -> VALID : NOTHING))
#endif
#define BIT(holder) (1<<(holder))
#define REMOVE_PENDING(hash) pending[hash]=0; acks[hash]=0

/* The registry. */
byte registry[HOLDERS+1];   /* the holder's generation; 0: it is not there */
byte nextGeneration = 1;
#define MAY_ENTER(holder) (registry[holder]!=0 || nextGeneration<=GENERATIONS)

/* A lease's count, 0: no such lease.  A count is only ever compared with what a remover
 * read, so 1: it changed since, 2: still as read.  (A lease named after its instance can
 * come again with a count it had: there it is the count itself.) */
byte leases[(HOLDERS+1)*LEASE_IDS];
#define COUNT(holder, id) leases[(holder)*LEASE_IDS+(id)]
#ifdef MUTANT_LEASE_PER_INSTANCE
#define INCREMENT(holder, id) COUNT(holder, id) = (COUNT(holder, id)<3 -> COUNT(holder, id)+1 : 3)
#else
#define INCREMENT(holder, id) COUNT(holder, id) = 1
#endif
#if LEASE_IDS==2
#define WITHOUT_LEASES(holder) (COUNT(holder, 0)==0 && COUNT(holder, 1)==0)
#else
#define WITHOUT_LEASES(holder) (COUNT(holder, 0)==0 && COUNT(holder, 1)==0 && COUNT(holder, 2)==0)
#endif

/* Register 2: own new lease under the holder's generation, or the holder with a fresh one. */
inline enterRegistry(itsHolder, itsLease, itsGeneration) {
  if
  :: registry[itsHolder]!=0 -> itsGeneration=registry[itsHolder]
  :: else ->
#ifdef MUTANT_CONSTANT_GENERATION
     registry[itsHolder]=itsHolder; itsGeneration=itsHolder
#else
     registry[itsHolder]=nextGeneration; itsGeneration=nextGeneration; nextGeneration++
#endif
  fi;
  INCREMENT(itsHolder, itsLease-1)
}

/* Renew 4: matched on holder, generation and own lease still being there. */
inline renewLease(itsHolder, itsLease, itsGeneration, matched) {
#ifdef MUTANT_RENEWAL_UNMATCHED
  matched = (registry[itsHolder]!=0);
#else
#ifdef MUTANT_LEASE_PER_INSTANCE
  matched = (registry[itsHolder]==itsGeneration);
#else
  matched = (registry[itsHolder]==itsGeneration && COUNT(itsHolder, itsLease-1)!=0);
#endif
#endif
  if :: matched -> INCREMENT(itsHolder, itsLease-1) :: else fi
}

/* Release 5: remove own lease, matched on the generation. */
inline removeLease(itsHolder, itsLease, itsGeneration) {
  if
#ifdef MUTANT_LEASE_PER_INSTANCE
  :: true ->
#else
  :: registry[itsHolder]==itsGeneration ->
#endif
     COUNT(itsHolder, itsLease-1)=0;
     NOTE(leftBy[itsHolder]=BY_RELEASE)
#ifndef MUTANT_LEASE_PER_INSTANCE
  :: else
#endif
  fi
}

/* Requests that their sender no longer waits for, or never waited for.  They arrive at
 * any later time, or never. */
typedef Request { byte holder, lease, generation };
Request releasing[2];       /* a release of instance i; holder 0: none */
Request late[2];            /* a renewal, or (generation 0) a registration, given up by i */

inline release(instance, itsHolder, itsLease, itsGeneration) {
#ifndef NO_RELEASE
  if
  :: releasing[instance].holder==0 ->
     releasing[instance].holder=itsHolder;
     releasing[instance].lease=itsLease;
     releasing[instance].generation=itsGeneration
  :: else
  fi;
#endif
  skip
}
#define FORGET(request) request.holder=0; request.lease=0; request.generation=0
#define ARRIVE_RELEASE(instance) \
  atomic { releasing[instance].holder!=0 -> \
    removeLease(releasing[instance].holder, releasing[instance].lease, releasing[instance].generation); \
    FORGET(releasing[instance]) }
#define ARRIVE_LATE(instance) \
  atomic { late[instance].holder!=0 && (late[instance].generation!=0 || MAY_ENTER(late[instance].holder)) -> \
    if \
    :: late[instance].generation==0 -> enterRegistry(late[instance].holder, late[instance].lease, got) \
    :: else -> renewLease(late[instance].holder, late[instance].lease, late[instance].generation, matched) \
    fi; \
    FORGET(late[instance]); got=0; matched=0 }
/* a holder without leases is removed: an update of its own, at any later time */
#define REMOVE_HOLDER(holder) atomic { registry[holder]!=0 && WITHOUT_LEASES(holder) -> registry[holder]=0 }

active proctype Arrivals() {
  byte got; bool matched;
  do
  :: ARRIVE_RELEASE(0)
  :: ARRIVE_RELEASE(1)
#ifndef NO_LATE_REQUESTS
  :: ARRIVE_LATE(0)
  :: ARRIVE_LATE(1)
#endif
  :: REMOVE_HOLDER(1)
#if HOLDERS>1
  :: REMOVE_HOLDER(2)
#endif
#if HOLDERS>2
  :: REMOVE_HOLDER(3)
#endif
  od
}
