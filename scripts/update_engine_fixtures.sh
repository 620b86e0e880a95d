#!/usr/bin/env bash
# Writes fixtures/config (from the settings table) and fixtures/findings (every format of the sample
# findings). usage: scripts/update_engine_fixtures.sh [BUILD_FOLDER]      Then read the diff aloud.
#
# The schema is compiled into the library, so the second build picks up the new one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/dev}
cmake --build "$build" --target c2watch_engine_fixtures
"$build/bin/c2watch_engine_fixtures" fixtures
cmake --build "$build" --target c2watch_engine_fixtures
git --no-pager diff --stat -- fixtures/config fixtures/findings
