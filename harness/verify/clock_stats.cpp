#include "harness/verify/clock_stats.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "harness/base/text.h"
#include "harness/verify/remediation.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
// 2 minutes: batches of real captures trail by up to 150 s, TimeCreated behind UtcTime by 2 s.
constexpr std::int64_t kApart = 2 * kMinute;
// 15 minutes: the smallest wrong zone.
constexpr std::int64_t kJump = 15 * kMinute;
// Beyond a day it is no delay but a host that was away, or a file in another order.
constexpr std::int64_t kLongestDelay = 24 * 3'600;
// A week of one host: more would prove nothing more.
constexpr std::size_t kMaxHours = 168;
// 51: with three hosts or more in turn, none of them is the median alone.
constexpr std::size_t kRing = 51;

std::int64_t median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void keep(std::vector<std::int64_t>& samples, std::int64_t value) {
  if (samples.size() < ClockStats::kSamples) samples.push_back(value);
}

std::size_t group_of(std::uint32_t kind) {
  return kind == 1 ? 0 : kind == 3 ? 1 : kind == 22 ? 2 : 3;
}

// Zones differ by multiples of a quarter of an hour.
bool is_zone(std::int64_t us) {
  const std::int64_t quarter = 15 * kMinute;
  const std::int64_t nearest = (std::llabs(us) + quarter / 2) / quarter;
  return nearest >= 1 && nearest <= 14 * 4 &&
         std::llabs(std::llabs(us) - nearest * quarter) <= 10 * kSecond;
}

bool has_zone(string_view text) {
  if (text.empty()) return true;                         // nothing to complain about
  if (text.find(':') == string_view::npos) return true;  // a number since 1970
  const string_view tail = text.substr(std::min<std::size_t>(text.size(), 19));
  return tail.find_first_of("Zz+-") != string_view::npos;
}

string apart_text(std::int64_t us) {
  const string much = seconds_text(static_cast<double>(std::llabs(us)) / kSecond);
  return us < 0 ? much + " behind" : much + " ahead of";
}

}  // namespace

void ClockStats::begin_file() {
  latest_.clear();
  next_ = 0;
  newest_us_.reset();
}

std::optional<std::int64_t> ClockStats::stream_clock() const {
  if (latest_.size() < kRing) return std::nullopt;
  return median(latest_);
}

void ClockStats::note_order(Host* host, std::int64_t at) {
  const auto clock = stream_clock();
  if (clock && host != nullptr) keep(host->ahead_of_stream, at - *clock);
  if (latest_.size() < kRing)
    latest_.push_back(at);
  else
    latest_[next_] = at;
  next_ = (next_ + 1) % kRing;
  if (newest_us_ && at < *newest_us_) {
    ++late_;
    const std::int64_t seconds = (*newest_us_ - at + kSecond - 1) / kSecond;
    const auto step = std::lower_bound(kSteps.begin(), kSteps.end(), seconds);
    ++classes_[static_cast<std::size_t>(step - kSteps.begin())];
  }
  // A host whose clock runs ahead must not make all the others late.
  if (!newest_us_ || (at > *newest_us_ && (!clock || at - *newest_us_ <= kJump)))
    newest_us_ = at;
  else if (clock && *clock > *newest_us_)
    newest_us_ = clock;  // they all went that far: it was a quiet time
}

void ClockStats::add(std::uint32_t kind, bool of_sysmon, const ParsedEvent& e, const Place& place) {
  const auto at = e.time_us();
  if (!at) return;
  ++timed_;
  Host* host = nullptr;
  if (auto known = hosts_.find(e.computer); known != hosts_.end()) {
    host = &known->second;
  } else if (hosts_.size() < kMaxHosts) {
    host = &hosts_[e.computer];
    host->place = place;
  }
  if (host != nullptr) {
    for (std::size_t i = 0; i <= (of_sysmon ? 1U : 0U); ++i) {
      auto& hours = host->hours[i];
      const std::int64_t hour = *at / kHour;
      if (hours.size() < kMaxHours || hours.count(hour) != 0) ++hours[hour];
    }
  }
  if (e.utc_us && e.created_us) {
    ++comparable_;
    const std::int64_t apart = *e.created_us - *e.utc_us;
    if (host != nullptr) keep(host->created_less_utc[group_of(kind)], apart);
    // A clock that lies apart makes no record late.
    if (std::llabs(apart) > kApart && !is_zone(apart)) return;
  } else if (!e.utc_us && !has_zone(e.created) && without_zone_++ == 0) {
    without_zone_place_ = place;
    without_zone_example_ = printable(e.created);
  }
  // Without UtcTime the time may be local; it is no match for the others' UtcTime.
  if (e.utc_us || comparable_ == 0) note_order(host, *at);
}

std::size_t ClockStats::host_hours(bool of_sysmon) const {
  std::size_t sum = 0;
  for (const auto& [name, host] : hosts_)
    for (const auto& [hour, records] : host.hours[of_sysmon ? 1 : 0]) sum += records >= 10;
  return sum;
}

std::int64_t ClockStats::lateness_seconds() const {
  if (late_ == 0) return 0;
  std::uint64_t beyond = late_;
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    beyond -= classes_[i];
    if (beyond * 1'000 <= timed_) return kSteps[i];
  }
  return kSteps.back();
}

void ClockStats::drift_issues(CollectorKind collector, std::vector<Issue>& out) const {
  Issue zone{.id = "local_time", .of = hosts_.size(), .topic = "local time"};
  Issue drift{.id = "utc_time_drift", .of = hosts_.size()};
  for (const auto& [name, host] : hosts_) {
    for (const Samples& samples : host.created_less_utc) {
      if (samples.empty()) continue;
      const std::int64_t apart = median(samples);
      if (std::llabs(apart) <= kApart) continue;
      Issue& f = is_zone(apart) ? zone : drift;
      if (f.count++ == 0) {
        f.place = host.place;
        f.example = printable(name) + ": TimeCreated is " + apart_text(apart) + " UtcTime";
      }
      break;
    }
  }
  if (zone.count > 0) {
    zone.what = "hosts whose time of logging is local time, and is read as UTC";
    // Security events have no other time.
    zone.affects.push_back(
        {"task_callback", Impact::degraded, "a task's creation and its run lie hours apart"});
    zone.fix.push_back(send_utc(collector));
    out.push_back(std::move(zone));
  }
  if (drift.count > 0) {
    drift.what = "hosts whose UtcTime and time of logging lie apart, as on suspended machines";
    drift.fix.push_back("restart Sysmon's service on them; " + set_clock());
    out.push_back(std::move(drift));
  }
}

void ClockStats::host_clock_issues(std::vector<Issue>& out) const {
  // Of two clocks that differ nobody can say which one is wrong.
  if (hosts_.size() < 3) return;
  std::map<string, std::int64_t> ahead;
  std::vector<std::int64_t> all;
  for (const auto& [name, host] : hosts_) {
    if (host.ahead_of_stream.size() < 10) continue;
    all.push_back(ahead[name] = median(host.ahead_of_stream));
  }
  if (all.size() < 3) return;
  // The stream's clock is some 25 records old, which is long where little arrives.
  const std::int64_t age = median(all);
  Issue f{.id = "host_clock", .of = hosts_.size()};
  for (const auto& [name, median_ahead] : ahead) {
    const Host& host = hosts_.find(name)->second;
    const std::int64_t apart = median_ahead - age;
    if (std::llabs(apart) <= std::max<std::int64_t>(kApart, std::llabs(age))) continue;
    if (f.count++ > 0) continue;
    f.place = host.place;
    f.example = printable(name) + " is " + apart_text(apart) + " the stream";
  }
  if (f.count == 0) return;
  f.what = "hosts whose clock is wrong, or whose events come late";
  f.fix.push_back(set_clock());
  out.push_back(std::move(f));
}

std::vector<Issue> ClockStats::issues(double bound_seconds, CollectorKind collector) const {
  std::vector<Issue> out;
  drift_issues(collector, out);
  host_clock_issues(out);
  if (without_zone_ > 0 && comparable_ == 0) {
    Issue f{.id = "time_without_zone",
            .count = without_zone_,
            .of = timed_,
            .what = "times have no zone and are read as UTC",
            .example = without_zone_example_,
            .place = without_zone_place_};
    f.fix.push_back(send_utc(collector));
    out.push_back(std::move(f));
  }
  late_issue(bound_seconds, out);
  return out;
}

void ClockStats::late_issue(double bound_seconds, std::vector<Issue>& out) const {
  const std::int64_t seconds = lateness_seconds();
  const auto late = static_cast<double>(seconds);
  // 100: in fewer records one in a thousand says nothing.
  if (late <= bound_seconds || timed_ < 100) return;
  if (seconds > kLongestDelay) {
    out.push_back({.id = "another_order",
                   .count = late_,
                   .of = timed_,
                   .what =
                       "records lie more than a day out of order: an export, or hosts that were "
                       "away; only a scan with --from and --to counts them all"});
    return;
  }
  Issue f{.id = "late_records",
          .count = late_,
          .of = timed_,
          .topic = "late records",
          .what = "records are up to " + seconds_text(late) +
                  " late (99.9 %); detectors wait for " + seconds_text(bound_seconds)};
  for (const char* detector : {"hourly_beacon", "interval_beacon", "dns_burst"})
    f.affects.push_back({detector, Impact::degraded, "events come after their window closed"});
  f.fix.push_back("\"lateness_seconds\": " + std::to_string(seconds) + ", \"reorder_seconds\": " +
                  std::to_string(std::min<std::int64_t>(seconds, 3'600)) +
                  "   in the config; or deliver sooner");
  out.push_back(std::move(f));
}

}  // namespace c2watch::harness
