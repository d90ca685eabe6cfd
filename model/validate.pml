/* Validate, step by step.  The assertion is the promise. */

#ifdef MUTANT_USABLE_BEFORE_REPLY
#define STILL_USABLE(instance) true
#else
#define STILL_USABLE(instance) USABLE(instance)
#endif
#ifdef MUTANT_JOIN_READ
byte reading[2];            /* an authority read under way on the instance, its verdict; 0: none */
#endif

proctype Validate(byte self) {
  byte instance, process, itsLife, hash, generation, cache, reply, verdict;
  bool succeededBefore, ownToken;
  do
  :: atomic {                           /* a request comes to an instance that has a binding */
       if
       :: USABLE(0) -> instance=0
       :: USABLE(1) -> instance=1
#ifdef MUTANT_JOIN_READ
       :: !USABLE(0) && reading[0]!=0 -> assert(!(succeeded[hash] && reading[0]==VALID)); goto over
#endif
       fi;
#if HASHES>1
       if :: hash=0 :: hash=1 fi;
#endif
       succeededBefore=succeeded[hash];
       process=connection[instance]-1; itsLife=connectionLife[instance]; command[VALIDATE_SLOT(self)]=instance+1;
       generation=binding[instance].generation; cache=binding[instance].cache };
     if                                 /* validate 2: GETEX is executed */
     :: atomic {
          MAY_RESEND(VALIDATE_SLOT(self), instance)
          life[process]==itsLife ->
#ifndef MUTANT_PLAIN_GET
          if
          :: role[process]!=PRIMARY ->
             reply=REFUSED;
             REACHED(GETEX_REFUSED, USABLE(instance) && NOT_CLOSED(VALIDATE_SLOT(self)) && ENTRY(process, generation, hash)==VALID && succeeded[hash])
          :: else -> MAY_EVICT(process, generation, hash); reply=ENTRY(process, generation, hash)
          fi
#else
          MAY_EVICT(process, generation, hash); reply=ENTRY(process, generation, hash)
#endif
        }
     :: atomic { reply=REFUSED; goto over }
     fi;
     atomic {                           /* validate 3: its reply arrives; the binding is looked at now */
       if
       :: reply==VALID && NOT_CLOSED(VALIDATE_SLOT(self)) && binding[instance].cache==cache &&
          binding[instance].generation==generation && STILL_USABLE(instance) ->
          REACHED(HIT, !revoked[hash]);
          REACHED(SECOND_KEY_HIT, hash==1 && !revoked[hash]);
          REACHED(HIT_PROMOTED, !revoked[hash] && process==1);
          assert(!succeededBefore);     /* THE PROMISE */
          goto over
       :: reply==NOTHING && NOT_CLOSED(VALIDATE_SLOT(self)) -> skip
       :: else -> goto over             /* reads the authority itself, and answers */
       fi };
#ifdef MUTANT_JOIN_READ                 /* validate 6: joins the read that another request began */
     if
     :: atomic { reading[instance]!=0 -> assert(!(succeededBefore && reading[instance]==VALID)); goto over }
     :: atomic { reading[instance]==0 }
     fi;
#endif
#ifdef MUTANT_READ_BEFORE_TOKEN
     atomic { verdict=VERDICT(hash) };
#endif
#ifndef MUTANT_NO_TOKEN
     if                                 /* validate 4: SET <entry> <fill token> NX, and its OK */
     :: atomic { WRITABLE(process, itsLife) ->
          MAY_EVICT(process, generation, hash);
          if
          :: ENTRY(process, generation, hash)==NOTHING -> PUT(process, generation, hash, TOKEN+self); ownToken=1
          :: else -> ownToken=0
          fi }
     :: goto over
     fi;
     if :: ownToken :: atomic { !ownToken -> goto over } fi;    /* validate 5 */
#endif
#ifndef MUTANT_READ_BEFORE_TOKEN
     atomic {                           /* validate 4: the authority is read, the caller answered */
       verdict=VERDICT(hash);
#ifdef MUTANT_JOIN_READ
       reading[instance]=verdict;
#endif
       assert(!(succeededBefore && verdict==VALID)) };
#endif
     if                                 /* validate 4: the fill, only where the own fill token is still there */
     :: atomic {
          MAY_RESEND(VALIDATE_SLOT(self), instance)
          WRITABLE(process, itsLife) ->
#ifdef MUTANT_NO_TOKEN
          PUT(process, generation, hash, verdict)
#else
          MAY_EVICT(process, generation, hash);
          if
          :: ENTRY(process, generation, hash)==TOKEN+self ->
             PUT(process, generation, hash, verdict);
             REACHED(FILL, verdict==VALID)
          :: else
          fi
#endif
        }
     :: true
     fi;
over:
     atomic {
#ifdef MUTANT_JOIN_READ
       if :: verdict!=0 -> reading[instance]=0 :: else fi;
#endif
       instance=0; process=0; itsLife=0; command[VALIDATE_SLOT(self)]=0; hash=0; generation=0; cache=0;
       reply=0; verdict=0; succeededBefore=0; ownToken=0 }
  od
}
