// Any texts as times, one a line: a parser that has seen other times answers like a fresh one, what
// it takes for a time is in range, and reads the same when written the plain way.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "core/parse/timestamps.h"
#include "support/fuzz.h"

namespace {

using c2watch::Time;
using c2watch::parse::TimeParser;
using c2watch::parse::TimeText;
using c2watch::testing_support::require;

void check(TimeParser& used, std::string_view text) {
  TimeParser fresh;
  Time a = c2watch::kNoTime, b = c2watch::kNoTime;
  const TimeText answer = used.parse(text, a);
  require(answer == fresh.parse(text, b) && a == b, "the same answer twice");
  if (answer != TimeText::ok) return require(a == c2watch::kNoTime, "a refused text sets nothing");

  using namespace std::chrono;
  const auto day = floor<days>(a);
  const year_month_day date{day};
  require(int{date.year()} >= 1970 && int{date.year()} <= 2100, "a year from 1970 to 2100");
  const hh_mm_ss clock{a - day};
  char plain[64];
  std::snprintf(plain, sizeof plain, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  Time again = c2watch::kNoTime;
  require(used.parse(plain, again) == TimeText::ok && again == a,
          "reads the same when written plainly");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  TimeParser used;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    check(used, line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}
