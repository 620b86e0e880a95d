#!/usr/bin/env bash
# Writes fixtures/config from the settings table. usage: scripts/update_config.sh [BUILD_FOLDER]
#
# The schema is compiled into the library, so the second build picks up the new one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/dev}
cmake --build "$build" --target c2watch_config_files
"$build/bin/c2watch_config_files" fixtures/config
cmake --build "$build" --target c2watch_config_files
git --no-pager diff --stat -- fixtures/config
