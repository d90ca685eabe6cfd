/* What happens to Redis processes: restart, promotion, demotion. */

/* What an older copy (a snapshot, a replica) may hold: nothing, or any value ever held. */
inline olderEntry(process, itsGeneration, itsHash) {
  if
  :: ENTRY(process, itsGeneration, itsHash)=NOTHING
  :: EVER_HELD(itsGeneration, itsHash) & (1<<VALID) -> ENTRY(process, itsGeneration, itsHash)=VALID
  :: EVER_HELD(itsGeneration, itsHash) & (1<<REVOKED) -> ENTRY(process, itsGeneration, itsHash)=REVOKED
  :: EVER_HELD(itsGeneration, itsHash) & (1<<TOKEN) -> ENTRY(process, itsGeneration, itsHash)=TOKEN
  :: EVER_HELD(itsGeneration, itsHash) & (1<<(TOKEN+1)) -> ENTRY(process, itsGeneration, itsHash)=TOKEN+1
  fi
}
inline olderCopy(process) {
  olderEntry(process, 1, 0);
#if GENERATIONS>1
  olderEntry(process, 2, 0);
#endif
#if GENERATIONS>2
  olderEntry(process, 3, 0);
#endif
#if HASHES>1
  olderEntry(process, 1, 1);
#if GENERATIONS>1
  olderEntry(process, 2, 1);
#endif
#if GENERATIONS>2
  olderEntry(process, 3, 1);
#endif
#endif
  skip
}

byte faults;
byte demotedAt;
#ifdef FLIP_AFTER
#define MAY_FLIP (now>=demotedAt+FLIP_AFTER)
#else
#define MAY_FLIP true
#endif
#define NEW_IDENTITY(process) identity[process]=nextIdentity; nextIdentity++
#define IDENTITY_LEFT (faults<FAULTS && nextIdentity<=CACHES)

active proctype Fault() {
  (identity[0]!=0);                     /* after init */
  do
  :: atomic { IDENTITY_LEFT && role[0]==PRIMARY ->              /* killed, restarted */
       faults++; life[0]=life[0]+1; NEW_IDENTITY(0); olderCopy(0) }
#if PROCESSES>1
  :: atomic { IDENTITY_LEFT && role[1]==PRIMARY ->
       faults++; life[1]=life[1]+1; NEW_IDENTITY(1); olderCopy(1) }
  :: atomic { IDENTITY_LEFT && role[1]==REPLICA ->              /* promoted */
       faults++; role[1]=PRIMARY; NEW_IDENTITY(1); olderCopy(1) }
  :: atomic { faults<FAULTS && role[0]==PRIMARY && role[1]==PRIMARY ->  /* demoted, resynchronised */
       faults++; role[0]=REPLICA; demotedAt=now; olderCopy(0) }
  :: atomic { IDENTITY_LEFT && role[0]==REPLICA && MAY_FLIP ->  /* and promoted again */
       faults++; role[0]=PRIMARY; NEW_IDENTITY(0);
#ifndef FLIP
       life[0]=life[0]+1;               /* its old connections are closed */
#endif
       skip }
#endif
  od
}
