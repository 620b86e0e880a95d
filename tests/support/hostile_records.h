// Records that are meant to cost time: what repeats, nests, almost matches or never ends, for every
// reader and for what detectors do with command lines, tasks, names and addresses.
//
//   for (const HostileRecord& kind : hostile_records()) engine.observe(kind.make(1 << 20));
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace c2watch::testing_support {

struct HostileRecord {
  std::string name;
  std::function<std::string(std::size_t)> make;  // about so many bytes, never more
};

std::vector<HostileRecord> hostile_records();

// The same for records that came apart already: names and values.
using HostileFields = std::vector<std::pair<std::string, std::string>>;
struct HostileFieldRecord {
  std::string name;
  std::function<HostileFields(std::size_t)> make;
};

std::vector<HostileFieldRecord> hostile_field_records();

}  // namespace c2watch::testing_support
