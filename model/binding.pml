/* Bindings: register, renew, release.  One binder an instance. */

typedef Binding { byte cache, generation, ends };   /* cache 0: no binding */
Binding binding[2];
byte ownLease[2];           /* the binding's lease id + 1; 0: none */

byte now;                   /* the clock */
#if TICKS>0
#define USABLE(instance) (binding[instance].cache!=0 && now<binding[instance].ends)
#define ENDS(sentAt) ((sentAt)+LEASE-MARGIN)
#else
#define USABLE(instance) (binding[instance].cache!=0)
#define ENDS(sentAt) 0
#endif

/* A lease id that nothing refers to any more: as good as a fresh random one. */
#define NO_SUCH_LEASE(cache, id) (COUNT(cache, id)==0)
#define UNREFERRED(id) (ownLease[0]!=id+1 && ownLease[1]!=id+1 && \
  releasing[0].lease!=id+1 && releasing[1].lease!=id+1 && late[0].lease!=id+1 && late[1].lease!=id+1)
#define NO_LEASE_0(cache) NO_SUCH_LEASE(cache, 0)
#define NO_LEASE_1(cache) NO_SUCH_LEASE(cache, 1)
#define NO_LEASE_2(cache) NO_SUCH_LEASE(cache, 2)
#define FREE_0 (ALL_CACHES(NO_LEASE_0) && UNREFERRED(0))
#define FREE_1 (ALL_CACHES(NO_LEASE_1) && UNREFERRED(1))
#if LEASE_IDS>2
#define FREE_2 (ALL_CACHES(NO_LEASE_2) && UNREFERRED(2))
#else
#define FREE_2 false
#endif
#ifdef MUTANT_LEASE_PER_INSTANCE
#define LEASE_ID_LEFT true
#define TAKE_LEASE_ID(instance) ownLease[instance]=instance+1
#else
#define LEASE_ID_LEFT (FREE_0 || FREE_1 || FREE_2)
#define TAKE_LEASE_ID(instance) \
  if \
  :: FREE_0 -> ownLease[instance]=1 \
  :: else -> if :: FREE_1 -> ownLease[instance]=2 :: else -> ownLease[instance]=3 fi \
  fi
#endif

inline drop(instance) {
  binding[instance].cache=0; binding[instance].generation=0; binding[instance].ends=0
}

proctype Binder(byte instance) {
  byte process, cache, generation, sentAt; bool matched;
unconnected:
  atomic {                              /* register 1: sentAt, before anything is sent */
    connectionsMade[instance] < (instance==0 -> CONNECTIONS_0 : CONNECTIONS_1) ->
    connectionsMade[instance]=connectionsMade[instance]+1;
    if
    :: connection[instance]==0 -> connection[instance]=1
#if PROCESSES>1
    :: connection[instance]==0 -> connection[instance]=2
#endif
    fi;
    process=connection[instance]-1; connectionLife[instance]=life[process];
#if FAULTS==0
    cache=identity[process];            /* nothing can come between */
#endif
    sentAt=now };
identify:                               /* register 1: INFO */
#if FAULTS>0
  if
  :: atomic { WRITABLE(process, connectionLife[instance]) -> cache=CACHE_OF(process) }
  :: atomic { cache=0; goto lost }
  fi;
#endif
#ifdef MUTANT_SENT_AT_AFTER_INFO
  sentAt=now;
#endif
#ifdef MUTANT_USE_BEFORE_REGISTERING
  atomic {
    if
    :: registry[cache]!=0 ->
       binding[instance].cache=cache; binding[instance].generation=registry[cache];
       binding[instance].ends=ENDS(sentAt)
    :: else
    fi };
#endif
  if                                    /* register 2 */
  :: atomic { MAY_ENTER(cache) && LEASE_ID_LEFT ->
       TAKE_LEASE_ID(instance); enterRegistry(cache, ownLease[instance], generation) }
#ifndef NO_LATE_REQUESTS
  :: atomic { late[instance].cache==0 && LEASE_ID_LEFT ->       /* given up, executed later */
       TAKE_LEASE_ID(instance);
       late[instance].cache=cache; late[instance].lease=ownLease[instance]; late[instance].generation=0;
       cache=0; goto lost }
#endif
  :: atomic { cache=0; goto lost }
  fi;
  if                                    /* register 3: the answer comes */
  :: atomic { true ->
       binding[instance].cache=cache; binding[instance].generation=generation;
#ifdef MUTANT_SENT_AT_REPLY
       sentAt=now;
#endif
       binding[instance].ends=ENDS(sentAt); sentAt=0 }
  :: goto lost
  fi;
bound:
#ifdef STAYS_BOUND
  false;
#endif
  if
  :: goto lost
#ifndef NO_RENEWAL
  :: sentAt=now                         /* renew 4 */
#endif
  fi;
#if FAULTS>0
  if                                    /* renew 4: INFO again */
  :: atomic { life[process]==connectionLife[instance] ->
       if
       :: role[process]==PRIMARY && CACHE_OF(process)==cache -> skip
       :: else ->                       /* another identity: begin again */
          drop(instance); release(instance, cache, ownLease[instance], generation);
          ownLease[instance]=0; sentAt=now; cache=0; generation=0; goto identify
       fi }
  :: goto lost
  fi;
#endif
#ifdef MUTANT_SENT_AT_AFTER_INFO
  sentAt=now;
#endif
  if                                    /* renew 4: the update */
  :: atomic { renewLease(cache, ownLease[instance], generation, matched) }
#ifndef NO_LATE_REQUESTS
  :: atomic { late[instance].cache==0 ->                        /* timed out, executed later */
       late[instance].cache=cache; late[instance].lease=ownLease[instance]; late[instance].generation=generation;
       sentAt=0; goto bound }
#endif
  :: goto lost
  fi;
  if                                    /* renew 4: its answer comes */
  :: atomic { matched ->
#ifdef MUTANT_SENT_AT_REPLY
       sentAt=now;
#endif
       binding[instance].ends=ENDS(sentAt); sentAt=0; matched=0; goto bound }
  :: atomic { !matched ->               /* begin again under a new lease id */
       drop(instance); release(instance, cache, ownLease[instance], generation);
       ownLease[instance]=0; sentAt=now; generation=0;
#if FAULTS>0
       cache=0;
#endif
       goto identify }
  :: goto lost
  fi;
lost:                                   /* release 5: connection closed, error or shutdown */
#ifdef MUTANT_RELEASE_BEFORE_DROP
  if
  :: atomic { cache!=0 && binding[instance].cache!=0 && releasing[instance].cache==0 ->
       releasing[instance].cache=cache; releasing[instance].lease=ownLease[instance];
       releasing[instance].generation=generation; sentAt=0; matched=0; goto bound }
  :: true
  fi;
#endif
  atomic {
    connection[instance]=0; connectionLife[instance]=0; drop(instance); closeCommands(instance);
    if :: cache!=0 -> release(instance, cache, ownLease[instance], generation) :: else fi;
    process=0; cache=0; generation=0; sentAt=0; ownLease[instance]=0; matched=0; goto unconnected }
}
