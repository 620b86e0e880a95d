#!/usr/bin/env bash
# usage: scripts/check_hardening.sh OBJECT...
#
# What must hold for everything that a collector loads or a user runs, read from the built objects
# and not from the flags they were meant to be built with:
#
#   relro     relocation tables are read-only before the first instruction of ours runs (full RELRO)
#   stack     no executable stack, no writable and executable segment, no text relocations
#   pie       loaded at a random address
#   canary    functions with arrays on the stack check their canary
#   fortify   at least one call went to a length-checking variant of the C library
#   cet       every exported function begins with endbr64 (an ELF note would need a C library that
#             has one too: Debian 12's has none, so its linker drops ours)
#   path      no run-time search path with an empty, relative or temporary folder
#   symbols   nothing but the listed door is visible (scripts/check_exports.sh; not repeated here)
set -euo pipefail
if [ $# = 0 ]; then sed -n '2,/^set -/{/^set -/!s/^# \{0,1\}//p}' "$0"; exit 2; fi

failures=0
fail() {
  printf '%s: %s\n' "$1" "$2" >&2
  failures=$((failures + 1))
}

check() {
  local object=$1 dynamic segments imports paths exported unmarked
  dynamic=$(readelf -dW "$object")
  segments=$(readelf -lW "$object")
  imports=$(nm -D --undefined-only "$object" | awk '{ sub(/@.*/, "", $NF); print $NF }')

  if ! grep -q 'GNU_RELRO' <<<"$segments" || ! grep -qE 'BIND_NOW|Flags:.*NOW' <<<"$dynamic"; then
    fail "$object" 'relro: link with -Wl,-z,relro,-z,now'
  fi
  grep -qE 'GNU_STACK .* RW ' <<<"$segments" || fail "$object" 'stack: executable, or not marked'
  ! grep -qE ' LOAD .* RWE ' <<<"$segments" || fail "$object" 'stack: a writable, executable segment'
  ! grep -q 'TEXTREL' <<<"$dynamic" || fail "$object" 'stack: text relocations'
  grep -q 'Type:.*DYN' <<<"$(readelf -hW "$object")" || fail "$object" 'pie: a fixed address'
  grep -qx '__stack_chk_fail' <<<"$imports" || fail "$object" 'canary: -fstack-protector-strong is off'
  grep -qE '^__[a-z]+_chk$' <<<"$(grep -vx '__stack_chk_fail' <<<"$imports")" ||
    fail "$object" 'fortify: -D_FORTIFY_SOURCE=2 with optimisation is off'

  paths=$(sed -nE 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]/\2/p' <<<"$dynamic")
  if [ -n "$paths" ] && grep -qE '(^|:)($|:|[^/$:]|/tmp|/var/tmp)' <<<"$paths"; then
    fail "$object" "path: [$paths] has a folder that others may fill"
  fi

  exported=$(nm -D --defined-only "$object" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }')
  unmarked=$(objdump -d --no-show-raw-insn "$object" | awk -v names="$exported" '
    BEGIN { split(names, list, "\n"); for (i in list) if (list[i] != "") wanted[list[i]] = 1 }
    at != "" { if (!/endbr64/) print at; at = "" }
    /^[0-9a-f]+ <.*>:$/ && !/@plt>/ { name = $2; gsub(/^<|(@.*)?>:$/, "", name); if (name in wanted) at = name }')
  [ -z "$unmarked" ] ||
    fail "$object" "cet: not beginning with endbr64 (-fcf-protection=full is off): ${unmarked//$'\n'/ }"
}

for object in "$@"; do check "$object"; done
if [ "$failures" != 0 ]; then exit 1; fi
printf '%d objects hardened: relro stack pie canary fortify cet path\n' $#
