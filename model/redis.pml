/* Redis processes, the entries in them, and the instances' connections to them. */

#define NOTHING 0
#define VALID 1
#define REVOKED 2
#define TOKEN 3             /* TOKEN+v: the token of Validate v */
#define REFUSED 255         /* a reply: the process is a replica */

#define REPLICA 0
#define PRIMARY 1
byte role[PROCESSES];
byte life[PROCESSES];       /* restarts so far: a connection leads to one life */
byte identity[PROCESSES];   /* the cache that INFO names: run_id and master_replid */
byte nextIdentity = 1;
#ifdef MUTANT_CACHE_FROM_CONFIGURATION
#define CACHE_OF(process) 1
#else
#define CACHE_OF(process) identity[process]
#endif

/* <prefix>:<generation>:<hash> in one process */
byte entries[PROCESSES*(GENERATIONS+1)*HASHES];
#define ENTRY(process, generation, hash) entries[((process)*(GENERATIONS+1)+(generation))*HASHES+(hash)]
#if FAULTS>0
byte everHeld[(GENERATIONS+1)*HASHES];  /* values that the entry ever had: what an old copy may hold */
#define EVER_HELD(generation, hash) everHeld[(generation)*HASHES+(hash)]
#define PUT(process, generation, hash, value) \
  ENTRY(process, generation, hash) = value; \
  EVER_HELD(generation, hash) = EVER_HELD(generation, hash) | (1<<(value))
#else
#define PUT(process, generation, hash, value) ENTRY(process, generation, hash) = value
#endif
/* evicted or expired before this access: that is, at any time */
#define MAY_EVICT(process, generation, hash) \
  if :: ENTRY(process, generation, hash)!=NOTHING -> ENTRY(process, generation, hash)=NOTHING :: true fi

/* Connections: one of each instance at a time. */
byte connection[2];         /* 0: none, else process+1 */
byte connectionLife[2];     /* the life of the process that it leads to */
byte connectionsMade[2];
#define WRITABLE(process, itsLife) (life[process]==itsLife && role[process]==PRIMARY)

/* Commands under way, a slot for each sender: on the connection of instance 0 (1) or
 * 1 (2) that it was queued on, or on one that was closed since (3). */
#define VALIDATE_SLOT(validate) (validate)
#define OPERATION_SLOT(operation) (2+(operation))
#define SWEEPER_SLOT(instance) (3+HASHES-(instance))
#define SLOTS (2+HASHES+SWEEPERS)
#define CLOSED 3
byte command[SLOTS];
#define NOT_CLOSED(slot) (command[slot]==1 || command[slot]==2)
#define CLOSE(slot, instance) if :: command[slot]==instance+1 -> command[slot]=CLOSED :: else fi
inline closeCommands(instance) {
  CLOSE(0, instance); CLOSE(1, instance); CLOSE(2, instance);
#if SLOTS>3
  CLOSE(3, instance);
#endif
#if SLOTS>4
  CLOSE(4, instance);
#endif
#if SLOTS>5
  CLOSE(5, instance);
#endif
  skip
}
#ifdef MUTANT_RESEND        /* the client sends again what was unanswered, on its next connection */
#define MAY_RESEND(slot, instance) \
  if \
  :: command[slot]==CLOSED && connection[instance]!=0 -> \
     process=connection[instance]-1; itsLife=connectionLife[instance]; command[slot]=instance+1 \
  :: else \
  fi;
#else
#define MAY_RESEND(slot, instance)
#endif
