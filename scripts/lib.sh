# shellcheck shell=bash
# Shared by scripts/run, scripts/test and scripts/tidy: where we are, and how a step tells what it
# does.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# The compiler cache recognises a file in whichever folder its clone lies.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

# A build that has found the packages keeps to them; a new one starts from the preset. So does one that
# is older than the collectors that scripts/setup unpacked: it looks for them again.
configure() {
  local ninja=build/$1/build.ninja
  if [ ! -e "$ninja" ] || [ build/host-packages -nt "$ninja" ]; then cmake --preset "$1"; fi
}

# Runs a command as one step. On a terminal its output shows as it comes. In a pipe only a line says
# what is done and how long it took; when it fails, the end of its output follows.
quiet_step() {
  local what=$1 log status=0 started=$SECONDS
  shift
  if [ -t 1 ]; then
    printf '== %s\n' "$what"
    "$@"
    return
  fi
  printf '== %s ... ' "$what"
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" = 0 ]; then
    printf 'done (%d s)\n' "$((SECONDS - started))"
  else
    printf 'FAILED (%d s)\n' "$((SECONDS - started))"
    tail -n 100 "$log"
  fi
  rm -f "$log"
  return "$status"
}
