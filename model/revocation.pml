/* Strict revocation with cache leases: two instances, one or two Redis processes, the
 * authority.  Property: a Validate that starts after Revoke (or Generate) returned
 * success never accepts the old key.  Without -D switches: the protocol as written.
 * See README.md. */
#include "parameters.pml"
#include "redis.pml"
#include "authority.pml"
#include "binding.pml"
#if TICKS>0
#include "lapse.pml"
#endif
#include "operation.pml"
#if SWEEPERS>0
#include "sweeper.pml"
#endif
#ifdef VALIDATE_IN_ONE_STEP
#include "validate-in-one-step.pml"
#else
#include "validate.pml"
#endif
#if FAULTS>0
#include "faults.pml"
#endif

init {
  atomic {
    role[0]=PRIMARY; identity[0]=1; nextIdentity=2;
#ifdef TWO_PRIMARIES
    role[1]=PRIMARY; identity[1]=2; nextIdentity=3;
#endif
    /* SPIN tries the last process first: in this order counterexamples are found soon */
    run Operation(0);
#if HASHES>1
    run Operation(1);
#endif
#if SWEEPERS>0
    run Sweeper(1);
#endif
#if SWEEPERS>1
    run Sweeper(0);
#endif
    run Binder(0); run Binder(1);
    run Validate(0);
#if VALIDATES>1
    run Validate(1);
#endif
  }
}
