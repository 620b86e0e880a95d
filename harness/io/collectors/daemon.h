// What the carriers share: finding their parts, a private folder, a daemon in it until it is done.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/io/collectors/collector.h"

namespace c2watch::harness {

Result<std::unique_ptr<Collector>> open_syslog_ng(const CollectorSettings& settings);
Result<std::unique_ptr<Collector>> open_fluent_bit(const CollectorSettings& settings);
Result<std::unique_ptr<Collector>> open_rsyslog(const CollectorSettings& settings);

// The daemon's program: as given, or found on the PATH and where packages put it.
Result<std::string> daemon_program(const CollectorSettings& settings, const std::string& file_name,
                                   std::string given_by_environment = "");

// Our part in it: as given, or `file_name` in one of the folders.
Result<std::string> find_module(const CollectorSettings& settings, const std::string& file_name,
                                const std::string& target, const std::vector<std::string>& folders);

// What `program argument` prints; "" when it cannot.
std::string read_output(const std::string& program, const std::string& argument,
                        std::vector<std::pair<std::string, std::string>> environment = {});
// The first "3.38.1" in a text; "" when there is none.
std::string first_version(std::string_view text);

// A daemon and its folder.
class Daemon {
 public:
  static Result<Daemon> make();

  const TemporaryFolder& folder() const { return folder_; }
  // The sentence when it cannot be written.
  std::optional<std::string> write(const std::string& name, std::string_view text) const;
  std::optional<std::string> link(const std::string& name, const std::string& to) const;
  std::optional<std::string> start(Process::Command command);

  // Waits until it has ended by itself, and as it should. `file` is what it writes: while that grows
  // there is patience.
  std::optional<std::string> wait_for_end(const std::string& file);
  // Waits until the last line of the file ends with `end`, then ends the daemon.
  std::optional<std::string> end_after(const std::string& file, std::string_view end);
  // Each whole line of a file that the daemon wrote, without its line end.
  void lines(const std::string& file, const std::function<void(std::string_view)>& take) const;

 private:
  explicit Daemon(TemporaryFolder folder) : folder_(std::move(folder)) {}
  std::string complaint(const std::string& what) const;

  TemporaryFolder folder_;
  std::string program_;
  std::optional<Process> process_;
};

}  // namespace c2watch::harness
