// Simulator: c2sim as a program of its own, so that judge and telemetry share no code either.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/result.h"

namespace c2watch::harness {

// A folder that goes when the object does, with everything in it.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Where c2sim lies beside this executable.
std::string simulator_beside_executable();

// Runs the program and waits for it. Nothing on success, else a sentence with what it said on
// standard error.
std::optional<std::string> run_program(const std::string& program,
                                       const std::vector<std::string>& arguments);

// The first line of the truth file that c2sim writes: hosts, start, end, how many events of each id.
Result<nlohmann::json> truth_header(const std::string& path);

}  // namespace c2watch::harness
