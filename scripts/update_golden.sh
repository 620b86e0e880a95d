#!/usr/bin/env bash
# Writes the expected findings of the golden cases anew, and shows what changed.
#
#   scripts/update_golden.sh            expected.jsonl of every case in fixtures/cases
#   scripts/update_golden.sh --inputs   the simulated inputs first, from each case's simulate.txt
#
# A golden file changes only through this script, and the change is read before it is committed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

build() {
  configure release
  cmake --build --preset release --target golden_test bin/c2sim lib/libc2watch.so
}

case "${1:-}" in
  "") inputs=no ;;
  --inputs) inputs=yes ;;
  -h|--help) sed -n '2,/^set -/{/^set -/!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  *) printf 'update_golden: unknown option %s; try --help\n' "$1" >&2; exit 2 ;;
esac

quiet_step "build (release)" build
if [ "$inputs" = yes ]; then
  for recipe in fixtures/cases/*/simulate.txt; do
    read -ra arguments <"$recipe"
    input=$(dirname "$recipe")/input.$(basename "$(ls "$(dirname "$recipe")"/input.* 2>/dev/null ||
      echo .json)" | sed 's/.*\.//')
    build/release/bin/c2sim "${arguments[@]}" --out "$input"
  done
fi
C2WATCH_UPDATE_GOLDEN=1 build/release/bin/golden_test --gtest_brief=1
git --no-pager diff --stat -- fixtures/cases
