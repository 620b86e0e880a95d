#!/usr/bin/env bash
# usage: scripts/check_exports.sh LIBRARY SYMBOLS
#
# Compares what a shared object exports with its version script, for equality: a symbol too many
# can collide with the collector's own, and one too few is a door that does not open.
set -euo pipefail
library=$1
symbols=$2

# The version node itself (C2WATCH_1) is an absolute symbol, 'A'.
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
listed=$(sed -n '/global:/,/local:/s/^ *\([a-z0-9_]*\);.*/\1/p' "$symbols" | sort)

if ! diff <(echo "$listed") <(echo "$exported") >/dev/null; then
  echo "$library does not export what $symbols lists (< listed, > exported):"
  diff <(echo "$listed") <(echo "$exported") || true
  exit 1
fi
echo "$library: exactly the $(echo "$listed" | wc -l) listed symbols"
