// What a report says of the journey through a collector.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/terminal.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {

// "60 of 60 records came out, 5 findings"
std::string transport_found(const Transport& transport);
// What is wrong; "" when nothing is.
std::string transport_why(const Transport& transport);

void show_transports(Page& page, const std::vector<Transport>& transports, std::size_t indent);

nlohmann::ordered_json transports_json(const std::vector<Transport>& transports);

}  // namespace c2watch::harness
