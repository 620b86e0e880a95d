// RecordStats: what became of every record, so that nothing is lost unseen.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/framer.h"
#include "plugin/abi/c2watch.h"

namespace c2watch::harness {

// Examples kept of each kind of unreadable record: enough to see what they are.
inline constexpr std::size_t kExamplesPerReason = 3;

struct Example {
  std::string member;  // the file, or the member of an archive
  std::uint64_t offset = 0;
  std::string text;  // its beginning, printable
};

struct Unreadable {
  std::uint64_t count = 0;
  std::vector<Example> examples;
};

// The reason under which bytes that are no record are counted: "text", "binary", "no_end".
std::string_view non_record_name(NonRecord why);

// What a reason means, the plugin's or junk's, for those who do not know the source; "" for others.
std::string_view reason_text(std::string_view reason);

class RecordStats {
 public:
  void add(const c2watch_verdict& verdict);
  void unreadable(std::string_view reason, std::string_view member, std::uint64_t offset,
                  std::string_view bytes);

  std::uint64_t readable() const;  // used, ignored, suppressed or repeated
  std::uint64_t used() const { return verdicts[C2WATCH_RECORD_USED]; }
  std::uint64_t unreadable_total() const;

  std::array<std::uint64_t, C2WATCH_RECORD_KINDS> verdicts{};
  std::map<std::uint32_t, std::uint64_t> event_ids;  // of readable records that detectors ask for
  std::map<std::string, Unreadable, std::less<>> reasons;
};

}  // namespace c2watch::harness
