// The throughput table, for people and for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "bench/throughput.h"
#include "harness/base/terminal.h"

namespace c2watch::harness {

void show_throughput(Page& page, const std::vector<BenchRow>& rows);
nlohmann::ordered_json throughput_json(const std::vector<BenchRow>& rows);

}  // namespace c2watch::harness
