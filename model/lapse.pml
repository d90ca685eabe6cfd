/* Time, and lapse (step 5 of Revoke): an instance that waits removes leases whose time is over,
 * for this pending entry or another's, or as the sweeper. */

bool skew;                  /* the remover's clock is ahead by MARGIN */

active proctype Clock() {
  do
  :: now<TICKS -> now++
#ifndef NO_SKEW
  :: !skew -> skew=1
#endif
  od
}

#define REMOVER_CLOCK (now+skew)
#ifdef MUTANT_SHORT_WAIT
#define WAIT (LEASE-MARGIN)
#else
#define WAIT LEASE
#endif
#define READ(itsCache, itsId) COUNT(itsCache, itsId)!=0 -> cache=itsCache; id=itsId

active proctype Remover() {
  byte cache, id, count, readAt;
  do
  :: atomic {
       if                               /* a count is read */
       :: READ(1, 0)
       :: READ(1, 1)
#if LEASE_IDS>2
       :: READ(1, 2)
#endif
#if CACHES>1
       :: READ(2, 0)
       :: READ(2, 1)
#if LEASE_IDS>2
       :: READ(2, 2)
#endif
#endif
       fi;
#ifdef MUTANT_LEASE_PER_INSTANCE
       count=COUNT(cache, id);
#else
       COUNT(cache, id)=2; count=2;
#endif
       readAt=REMOVER_CLOCK };
     (REMOVER_CLOCK >= readAt+WAIT);    /* it has stayed the same for the full leaseMs */
     atomic {
       if                               /* removed, matched on that count */
#ifdef MUTANT_REMOVAL_UNMATCHED
       :: COUNT(cache, id)!=0 ->
#else
       :: COUNT(cache, id)==count ->
#endif
          COUNT(cache, id)=0; NOTE(leftBy[cache]=BY_LAPSE)
       :: else
       fi;
       cache=0; id=0; count=0; readAt=0 }
  od
}
