/* Revoke, and Generate where it replaces a key.
 * One hash: operation 0 is a Revoke on instance 0; it may crash anywhere and be repeated.
 * Two hashes: operation 0 is a Generate on instance 0 that may stop for ever anywhere;
 * operation 1 a Revoke of the key it made, on either instance, repeated on either. */

#ifdef VARIANT_TOMBSTONE
#define DELETED REVOKED     /* leave a refusal instead of nothing: as safe */
#else
#define DELETED NOTHING
#endif

#define KNOW(h) known[h]=registry[h]
#define UNKNOW(h) known[h]=0
#define GONE(h) (known[h]!=0 && registry[h]!=known[h])
#define LEAVE_OUT(h) if :: GONE(h) -> known[h]=0 :: else fi
#define COVER(h) covers[h]=pending[h]; deleted[h]=0
#define UNCOVER(h) covers[h]=0; deleted[h]=0
#define NOT_COVERED(h) (!covers[h])
#define DUE(h) (covers[h] && binding[instance].cache!=0 && \
  known[binding[instance].cache]!=0 && (deleted[h] & BIT(binding[instance].cache))==0)
#define ACKED_0(h) (known[h]==0 || ((deleted[0]|acks[0]) & BIT(h))!=0)
#define ACKED_1(h) (known[h]==0 || ((deleted[1]|acks[1]) & BIT(h))!=0)
#ifdef MUTANT_INVALIDATE_BEFORE_COMMIT
#define CONFIRMED_0 (ALL_CACHES(ACKED_0))
#else
#define CONFIRMED_0 (!covers[0] || !pending[0] || ALL_CACHES(ACKED_0))
#endif
#if HASHES==1
#define ALL_CONFIRMED CONFIRMED_0
#else
#define CONFIRMED_1 (!covers[1] || !pending[1] || ALL_CACHES(ACKED_1))
#define ALL_CONFIRMED (CONFIRMED_0 && CONFIRMED_1)
#endif
#ifdef MUTANT_CLEAR_ALL_PENDING
#define CONCLUDE(h) REMOVE_PENDING(h); UNCOVER(h)
#else
#define CONCLUDE(h) if :: covers[h] -> REMOVE_PENDING(h) :: else fi; UNCOVER(h)
#endif
#define DEL_OVER hash=0; cache=0; generation=0; process=0; itsLife=0; command[OPERATION_SLOT(self)]=0
#ifdef SECOND_ON
#define CHOOSE_INSTANCE instance=SECOND_ON
#else
#define CHOOSE_INSTANCE if :: instance=0 :: instance=1 fi
#endif

proctype Operation(byte self) {
  byte instance, hash, cache, generation, process, itsLife;
  byte deleted[HASHES];     /* caches whose DEL it had the reply of, a bit each */
  byte known[CACHES+1];     /* its registry read */
  bool covers[HASHES];      /* pending entries that it has to confirm */
  bool committed;
#ifdef MUTANT_INVALIDATE_BEFORE_COMMIT
  covers[0]=1;
  goto readRegistry;
commit:
  atomic { revoked[0]=1; pending[0]=1; committed=1; goto success };
#endif
#ifdef MUTANT_REGISTRY_BEFORE_COMMIT
  atomic { EACH_CACHE(KNOW) };
#endif
  atomic {                              /* step 1: commit; it answers with what is pending */
#if HASHES>1
    self==0 || revoked[0];
    if :: self==1 -> CHOOSE_INSTANCE :: else fi;
#endif
    revoked[self]=1; pending[self]=1; EACH_HASH(COVER);
#ifdef MUTANT_CONFIRM_OWN_HASH_ONLY
    covers[1-self]=0;
#endif
    committed=1 };
#ifdef MUTANT_REGISTRY_BEFORE_COMMIT
  goto wait;
#endif
  goto readRegistry;
again:                                  /* step 1 of a repeated Revoke: nothing new to commit */
  atomic {
#if HASHES>1
    CHOOSE_INSTANCE;
#endif
    EACH_HASH(COVER);
    if :: ALL_HASHES(NOT_COVERED) -> goto success :: else fi };
readRegistry:
  atomic { EACH_CACHE(KNOW) };          /* step 2: after the commit */
wait:
  do
  :: atomic {                           /* step 3: DEL on the own binding */
       if
       :: DUE(0) -> hash=0
#if HASHES>1
       :: DUE(1) -> hash=1
#endif
       fi;
       cache=binding[instance].cache;
#ifdef MUTANT_BINDING_GENERATION
       generation=binding[instance].generation;
#else
       generation=known[cache];
#endif
       process=connection[instance]-1; itsLife=connectionLife[instance]; command[OPERATION_SLOT(self)]=instance+1 };
     if
     :: atomic {
          MAY_RESEND(OPERATION_SLOT(self), instance)
          WRITABLE(process, itsLife) ->
          PUT(process, generation, hash, DELETED);
          if                            /* the reply comes, or is lost */
          :: NOT_CLOSED(OPERATION_SLOT(self)) -> deleted[hash]=deleted[hash]|BIT(cache)
          :: true
          fi;
          DEL_OVER }
     :: atomic { true -> DEL_OVER }     /* refused, or the connection is gone */
     fi
#ifndef MUTANT_REGISTRY_BEFORE_COMMIT
  :: atomic { ANY_CACHE(GONE) ->        /* step 4: the registry, read again, shows that one is gone */
       EACH_CACHE(LEAVE_OUT);
       REACHED(LAPSE, leftBy[1]==BY_LAPSE && known[1]==0 && ALL_CONFIRMED && acks[0]==0 && deleted[0]==0);
       REACHED(RELEASE, leftBy[1]==BY_RELEASE && known[1]==0 && ALL_CONFIRMED && acks[0]==0 && deleted[0]==0) }
#endif
#ifdef MUTANT_IGNORE_OUT_OF_REACH
  :: atomic { !DUE(0) -> goto success }
#endif
#ifdef MUTANT_COVER_LATER_ENTRIES       /* pending read again, after the registry */
  :: atomic { pending[1] && !covers[1] -> covers[1]=1 }
#endif
  :: atomic { ALL_CONFIRMED ->          /* step 6 */
#ifdef MUTANT_INVALIDATE_BEFORE_COMMIT
       if :: !committed -> goto commit :: else fi;
#endif
       REACHED(OWN_ACK, known[1]!=0 && (deleted[0] & BIT(1))!=0);
       REACHED(SWEEPER_ACK, known[1]!=0 && deleted[0]==0 && (acks[0] & BIT(1))!=0);
       REACHED(CONFIRM_BOTH, self==1 && covers[0] && pending[0] && covers[1] && pending[1]);
       REACHED(CONFIRMED_BY_OTHER, self==0 && !pending[0]);
       goto success }
#if !defined(NO_CRASH) && !defined(MUTANT_INVALIDATE_BEFORE_COMMIT) && !defined(MUTANT_REGISTRY_BEFORE_COMMIT)
  :: atomic { self==HASHES-1 -> EACH_CACHE(UNKNOW); EACH_HASH(UNCOVER); hash=0; cache=0; NOTE(crashed=1); goto again }
#endif
  od;
success:                                /* step 6: remove what it confirmed, return success */
  atomic {
    REACHED(SWEEPER_FINISH, crashed && swept);
    EACH_HASH(CONCLUDE); EACH_CACHE(UNKNOW); succeeded[0]=1;
#if HASHES>1
    if :: self==1 -> succeeded[1]=1 :: else fi;
#endif
    instance=0 }
}
