/* The sweeper of an instance.  One sweep: the pending entries are read first, THEN the
 * registry; then DEL and acknowledge, remove what all have acknowledged. */

#define SWEEP_READ(h) toSweep[h]=pending[h]; acked[h]=acks[h]
#define SWEEP_KNOW(h) known[h]=registry[h]
#define SWEEP_FORGET(h) toSweep[h]=0; acked[h]=0
#define SWEEP_UNKNOW(h) known[h]=0
#define IS_PENDING(h) pending[h]
#define SWEEP_DUE(itsHash) (toSweep[itsHash] && binding[instance].cache!=0 && \
  known[binding[instance].cache]!=0 && (acked[itsHash] & BIT(binding[instance].cache))==0)
#define SWEEP_ACKED_0(h) (known[h]==0 || (acked[0] & BIT(h))!=0)
#define SWEEP_ACKED_1(h) (known[h]==0 || (acked[1] & BIT(h))!=0)
#define SWEEP_DEL_OVER generation=0; process=0; itsLife=0; command[SWEEPER_SLOT(instance)]=0
#ifdef MUTANT_SHARED_ACKS   /* the acknowledgement goes to every pending entry of the merchant */
#define ACKNOWLEDGE(h) if :: pending[h] -> acks[h]=acks[h]|BIT(cache) :: else fi
#endif

proctype Sweeper(byte instance) {
  byte hash, cache, generation, process, itsLife;
  byte acked[HASHES]; byte known[CACHES+1]; bool toSweep[HASHES];
  do
#ifdef MUTANT_SWEEP_REGISTRY_FIRST
  :: atomic { EACH_CACHE(SWEEP_KNOW) };
     atomic { ANY_HASH(IS_PENDING) -> EACH_HASH(SWEEP_READ) };
#else
  :: atomic { ANY_HASH(IS_PENDING) -> EACH_HASH(SWEEP_READ) };
     atomic { EACH_CACHE(SWEEP_KNOW) };
#endif
     do
     :: atomic {                        /* step 3, on the own binding */
          if
          :: SWEEP_DUE(0) -> hash=0
#if HASHES>1
          :: SWEEP_DUE(1) -> hash=1
#endif
          fi;
          cache=binding[instance].cache;
#ifdef MUTANT_SWEEP_BINDING_GENERATION
          generation=binding[instance].generation;
#else
          generation=known[cache];
#endif
          process=connection[instance]-1; itsLife=connectionLife[instance]; command[SWEEPER_SLOT(instance)]=instance+1 };
        if
        :: atomic {                     /* DEL is executed */
             MAY_RESEND(SWEEPER_SLOT(instance), instance)
             WRITABLE(process, itsLife) ->
             PUT(process, generation, hash, DELETED);
             if
             :: NOT_CLOSED(SWEEPER_SLOT(instance)) -> acked[hash]=acked[hash]|BIT(cache)
             :: true -> hash=0; cache=0         /* no reply, or not on the binding it was queued on */
             fi;
             SWEEP_DEL_OVER }
        :: atomic { true -> hash=0; cache=0; SWEEP_DEL_OVER }
        fi;
        if                              /* its own update: the acknowledgement goes into acks */
        :: atomic { cache!=0 ->
#ifdef MUTANT_SHARED_ACKS
             EACH_HASH(ACKNOWLEDGE);
#else
             if :: pending[hash] -> acks[hash]=acks[hash]|BIT(cache) :: else fi;
#endif
             hash=0; cache=0 }
        :: atomic { cache==0 }
        fi
     :: atomic { toSweep[0] && ALL_CACHES(SWEEP_ACKED_0) -> REMOVE_PENDING(0); toSweep[0]=0; NOTE(swept=1) }
#if HASHES>1
     :: atomic { toSweep[1] && ALL_CACHES(SWEEP_ACKED_1) -> REMOVE_PENDING(1); toSweep[1]=0; NOTE(swept=1) }
#endif
     :: atomic { true -> EACH_HASH(SWEEP_FORGET); EACH_CACHE(SWEEP_UNKNOW); break }
     od
  od
}
