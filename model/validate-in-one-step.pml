/* Validate as one step, where its own races are another configuration's subject. */

#ifdef MUTANT_PLAIN_GET
#define READABLE(process) true
#else
#define READABLE(process) (role[process]==PRIMARY)
#endif
#define REACHABLE(instance) (USABLE(instance) && \
  life[connection[instance]-1]==connectionLife[instance] && READABLE(connection[instance]-1))
#define SEEN_ENTRY(instance, hash) ENTRY(connection[instance]-1, binding[instance].generation, hash)

inline lookUp(instance, itsHash) {
  if
  :: SEEN_ENTRY(instance, itsHash)==VALID ->
     REACHED(HIT, !revoked[itsHash]);
     REACHED(SECOND_KEY_HIT, itsHash==1 && !revoked[itsHash]);
     REACHED(HIT_PROMOTED, !revoked[itsHash] && connection[instance]==2);
     if
     :: assert(!succeeded[itsHash])     /* THE PROMISE */
     :: SEEN_ENTRY(instance, itsHash)=NOTHING
     fi
  :: SEEN_ENTRY(instance, itsHash)==REVOKED -> SEEN_ENTRY(instance, itsHash)=NOTHING
  :: SEEN_ENTRY(instance, itsHash)==NOTHING && VERDICT(itsHash)==VALID && role[connection[instance]-1]==PRIMARY ->
     PUT(connection[instance]-1, binding[instance].generation, itsHash, VALID);
     REACHED(FILL, true)
  :: else
  fi
}

proctype Validate(byte self) {
  do
  :: atomic { REACHABLE(0) -> lookUp(0, 0) }
  :: atomic { REACHABLE(1) -> lookUp(1, 0) }
#if HASHES>1
  :: atomic { REACHABLE(0) -> lookUp(0, 1) }
  :: atomic { REACHABLE(1) -> lookUp(1, 1) }
#endif
  od
}
