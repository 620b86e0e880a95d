#!/usr/bin/env bash
# Every C and C++ file of the project as .clang-format wants it. Mend with: scripts/check_format.sh -i
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(--dry-run -Werror)
if [ "${1:-}" = -i ]; then mode=(-i); fi
git ls-files -z -- '*.c' '*.h' '*.cpp' | xargs -0 clang-format-14 "${mode[@]}"
