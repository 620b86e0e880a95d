// The commands of c2watch-bench.
#pragma once

#include "harness/cli/command.h"

namespace c2watch::harness {

int bench_command(const Arguments& arguments);
int mutate_command(const Arguments& arguments);
int sweep_command(const Arguments& arguments);

}  // namespace c2watch::harness
