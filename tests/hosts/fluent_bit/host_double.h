// HostDouble: a stand-in for Fluent Bit that follows its contract to the letter and no further.
//
//   HostDouble host(HostVersion::v2_2_and_later);
//   Instance* one = host.configure({{"profile", "lab"}});
//   ASSERT_EQ(host.start(one), 0);
//   Batch out = host.filter(one, in);
//
// It loads the filter as the host does: dlopen with lazy binding, the symbol derived from the
// file's name, the structure copied with the host's own size and layout. Where hosts of different
// versions call differently (2.1 knows no pre-run), the version says so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

using Properties = std::map<std::string, std::string>;
using Batch = std::vector<std::uint8_t>;

// As the host takes a section apart: what is its own never reaches the plugin as a property.
struct Instance {
  std::string name;   // "c2watch.0": the plugin, and the filter's place in the pipeline
  std::string alias;  // "" without one
  std::string match, match_regex, log_level, log_suppress_interval;
  Properties properties;
  void* context = nullptr;
};

enum class HostVersion { v2_1, v2_2_and_later };

struct Filtered {
  int answer = 0;  // 1 modified, 2 untouched
  Batch records;   // what the host goes on with
};

class HostDouble {
 public:
  explicit HostDouble(HostVersion version = HostVersion::v2_2_and_later);
  ~HostDouble();
  HostDouble(const HostDouble&) = delete;
  HostDouble& operator=(const HostDouble&) = delete;

  // One section of the config. As in the host, the instance's number is its place among all
  // filters of the pipeline, `place`; every processor has 0.
  Instance* configure(const Properties& section, int place = 0);

  // pre_run, then init. 0 or the first failure.
  int start(Instance* instance);
  // What a hot reload does: pre_run of `fresh`, exit of `old`, pre_run and init of `fresh`. The
  // object is loaded once more first, as the host does. `false` when pre_run refused: then `old` goes on.
  bool reload(Instance* old, Instance* fresh) {
    return reload(std::vector{old}, std::vector{fresh});
  }
  // Of a whole pipeline.
  bool reload(const std::vector<Instance*>& old, const std::vector<Instance*>& fresh);
  Filtered filter(Instance* instance, const Batch& in);
  void stop(Instance* instance);

  // What the filter logged, a line each, and with which level (1 error, 2 warning, 3 info).
  static std::vector<std::pair<int, std::string>> take_log();
  // Lines that came after the host had freed its log: a crash in the real one.
  static int lines_after_the_end();

 private:
  struct Plugin;
  HostVersion version_;
  void* object_ = nullptr;
  std::unique_ptr<Plugin> plugin_;
  std::vector<std::unique_ptr<Instance>> instances_;
};
