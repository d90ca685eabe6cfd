#!/usr/bin/env bash
# Checks the model: runs what runs.txt lists, two at a time, and says what isn't as wanted.
#   check.sh [pattern]      only the runs whose line matches (an extended regular expression)
#   check.sh --trail NAME   the shortest counterexample of one run, step by step
# Environment: RUN_SECONDS, RUN_MEGABYTES (limits of one run), JOBS (runs at a time).
set -u
cd "$(dirname "$0")" || exit 2
. ./configurations.sh

need() { # command, what it is, Debian package
  command -v "$1" >/dev/null && return
  echo "model: $2 is missing ($1). On Debian or Ubuntu: apt-get install $3" >&2
  exit 2
}
need spin 'the model checker SPIN 6.5' spin
need gcc 'a C compiler' 'gcc libc6-dev'
need timeout 'a command' coreutils

build() { # folder, flags of gcc, switches of the model
  local folder=$1 compile=$2
  shift 2
  rm -rf "$folder" && mkdir -p "$folder" && cd "$folder" || return
  spin "$@" -a ../../revocation.pml >spin.log 2>&1 && [ ! -s spin.log ] &&
    gcc -w -DSAFETY -DCOLLAPSE -DMEMLIM="${RUN_MEGABYTES:-4000}" $compile -o pan pan.c >gcc.log 2>&1
}

# What a finished run showed. Only a search that went through every state counts as "holds".
result() { # exit code of pan
  if grep -q '^pan:1: assertion violated *!(*\([0-9]*\)==\1)' pan.log; then echo reached
  elif grep -q '^pan:1: assertion violated.*succeeded' pan.log; then echo stale
  elif [ "$1" = 124 ]; then echo 'cut by time'
  elif [ "$1" = 0 ] && grep -q 'errors: 0$' pan.log && grep -q '^Full statespace search' pan.log &&
    ! grep -qi 'too small\|not completed\|memlim\|memory\b.*\(out\|exhaust\)\|aborted\|^error\|pan:1:' pan.log; then echo holds
  else echo incomplete
  fi
}

run() { # wanted, name, configuration, switches
  local wanted=$1 name=$2 switches="${configuration[$3]} ${*:4}" started got verdict=NOT code optimise=-O1
  [ "$wanted" = holds ] && optimise=-O2    # a short search isn't worth a long compilation
  started=$(date +%s%N)
  if (build "out/$name" "$optimise" $(last_values $switches)); then
    (cd "out/$name" && timeout "${RUN_SECONDS:-240}" ./pan -m3000000 -n -E >pan.log 2>&1)
    code=$?
    got=$(cd "out/$name" && result $code)
  else
    got='not built'
  fi
  [ "$got" = "$wanted" ] && verdict=ok
  echo $verdict >"out/$name/verdict"
  local tenths=$((($(date +%s%N) - started) / 100000000))
  printf '%-3s %-24s wanted %-7s got %-10s states %9s  depth %6s  %3d.%d s\n' $verdict "$name" "$wanted" "$got" \
    "$(awk '/states, stored/ {print $1}' "out/$name/pan.log" 2>/dev/null)" \
    "$(sed -n 's/.*depth reached \([0-9]*\).*/\1/p' "out/$name/pan.log" 2>/dev/null)" $((tenths / 10)) $((tenths % 10))
  rm -f "out/$name"/pan "out/$name"/pan.?
}

last_values() { # a switch given twice counts once, as last given
  local switch
  local -A value=()
  for switch; do value[${switch%%=*}]=$switch; done
  echo "${value[@]}"
}

listed() { grep -v '^ *\(#\|$\)' runs.txt | grep -E -- "$1"; }

trail() { # name
  local wanted name where switches
  read -r wanted name where switches < <(awk -v name="$1" '$2 == name' runs.txt)
  [ -n "${name:-}" ] || { echo "model: runs.txt lists no run named $1" >&2; exit 2; }
  switches=$(last_values ${configuration[$where]} $switches)
  (build "out/$name" -DBFS $switches) || { cat "out/$name"/*.log; exit 2; }
  cd "out/$name" || exit 2
  ./pan -n -E >pan.log 2>&1
  [ -e revocation.pml.trail ] || { echo "$name: no counterexample"; exit 1; }
  spin $switches -t -p -k revocation.pml.trail ../../revocation.pml |
    sed -n 's/^ *\([0-9]*\):\tproc *\([0-9]*\) (\([^:]*\):[0-9]*) [^ ]*\/\([a-z-]*\.pml:[0-9]*\) (state [0-9]*)\t\[\(.*\)\]$/\1 \3(\2) \4  \5/p' |
    grep -vE '  (\(1\)|else|\.\(goto\))$'
  grep -o 'assertion violated.*' pan.log
}

if [ "${1:-}" = --trail ]; then trail "${2:?name of a run}"; exit; fi

names=$(listed "${1:-.}" | awk '{print $2}')
[ -n "$names" ] || { echo "model: no run matches $1" >&2; exit 2; }
for name in $names; do rm -f "out/$name/verdict"; done
started=$SECONDS running=0
while read -r wanted name where switches; do
  run "$wanted" "$name" "$where" $switches &
  running=$((running + 1))
  if [ $running -ge "${JOBS:-2}" ]; then wait -n; running=$((running - 1)); fi
done < <(listed "${1:-.}")
wait

good=0 bad=0
for name in $names; do
  if [ "$(cat "out/$name/verdict" 2>/dev/null)" = ok ]; then good=$((good + 1)); else bad=$((bad + 1)); fi
done
echo "model: $good as wanted, $bad not ($((SECONDS - started)) s)"
[ $bad -eq 0 ]
