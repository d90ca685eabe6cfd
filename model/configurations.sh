# The configurations: sizes and simplifications for revocation.pml, explained in README.md.
declare -A configuration
brief='-DVALIDATES=1 -DVALIDATE_IN_ONE_STEP'
still='-DGENERATIONS=1 -DNO_LATE_REQUESTS -DSTAYS_BOUND -DCONNECTIONS_1=1'
leases="$brief -DGENERATIONS=2 -DLEASE_IDS=2 -DNO_CRASH"
faults="$brief -DPROCESSES=2 -DCACHES=3 -DGENERATIONS=2 -DNO_LATE_REQUESTS -DNO_RENEWAL -DNO_CRASH"
flip='-DPROCESSES=2 -DCACHES=3 -DGENERATIONS=1 -DLEASE_IDS=2 -DTICKS=2 -DFAULTS=3 -DFLIP -DVALIDATES=1
  -DNO_LATE_REQUESTS -DNO_CRASH -DNO_SKEW -DCONNECTIONS_0=0 -DCONNECTIONS_1=1'

configuration[core]="$still"
configuration[lease-a]="$leases -DTICKS=3 -DSWEEPERS=0 -DCONNECTIONS_0=0 -DCONNECTIONS_1=2"
configuration[lease-b]="$leases -DTICKS=2 -DSWEEPERS=0 -DCONNECTIONS_0=1 -DCONNECTIONS_1=1 -DNO_RELEASE -DNO_SKEW"
configuration[lease-sweeper]="$leases -DTICKS=2 -DCONNECTIONS_0=1 -DCONNECTIONS_1=1 -DNO_RELEASE -DNO_SKEW -DNO_LATE_REQUESTS"
configuration[failover-a]="$faults -DLEASE_IDS=2 -DFAULTS=2 -DCONNECTIONS_0=1 -DCONNECTIONS_1=1"
configuration[failover-b]="$faults -DLEASE_IDS=2 -DFAULTS=3 -DCONNECTIONS_0=0 -DCONNECTIONS_1=2"
configuration[reconnect]="$faults -DCACHES=2 -DFAULTS=1 -DSWEEPERS=0 -DCONNECTIONS_0=2 -DCONNECTIONS_1=1"
configuration[flip]="$flip -DFLIP_AFTER=LEASE -DSWEEPERS=0"
configuration[flip-sweeper]="$flip -DFLIP_AFTER=LEASE -DVALIDATE_IN_ONE_STEP"
configuration[flip-paused]="$flip -DFLIP_AFTER=LEASE -DNO_RENEWAL -DNO_RELEASE"
configuration[flip-early]="$flip -DVALIDATE_IN_ONE_STEP"
configuration[pair-tokens]="$still -DHASHES=2 -DVALIDATES=1 -DSWEEPERS=0"
configuration[pair-sweeper]="$still $brief -DHASHES=2"
configuration[pair-apart]="$still $brief -DHASHES=2 -DPROCESSES=2 -DTWO_PRIMARIES -DCACHES=2 -DGENERATIONS=2"
configuration[pair-generations]="$brief -DHASHES=2 -DGENERATIONS=2 -DLEASE_IDS=2 -DNO_LATE_REQUESTS -DNO_RENEWAL -DNO_CRASH
  -DSECOND_ON=0 -DCONNECTIONS_0=1 -DCONNECTIONS_1=2"
configuration[pair-lease]="$leases -DHASHES=2 -DTICKS=2 -DSWEEPERS=0 -DNO_LATE_REQUESTS -DNO_SKEW -DCONNECTIONS_0=0 -DCONNECTIONS_1=2"
