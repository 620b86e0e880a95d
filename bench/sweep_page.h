// The sweep as one HTML page: plots as inline SVG, tables, no script, nothing loaded from anywhere.
// Light or dark as the reader's system is; narrow screens get the plots one below the other.
#pragma once

#include <string>

#include "bench/sweep.h"

namespace c2watch::harness {

std::string sweep_page(const SweepResult& result);

}  // namespace c2watch::harness
