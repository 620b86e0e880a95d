#include "harness/io/simulator.h"

#include <fstream>

#include "harness/base/files.h"

namespace c2watch::harness {

std::string simulator_beside_executable() { return folder_of_executable() + "/c2sim"; }

Result<nlohmann::json> truth_header(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  nlohmann::json header = nlohmann::json::parse(line, nullptr, false);
  if (!header.is_object() || !header.contains("by_event_id"))
    return Error{path + ": no header in the simulator's truth file"};
  return header;
}

}  // namespace c2watch::harness
